"""The only package that imports libvirt. `host.LibvirtHost` is what the rest of the program uses.

Who does what: `host` keeps one URI connected; `session` is one connection's life; `watch` decides when what is read;
`poll`, `monitor`, `closely` and `facts` read; `ledger` makes rows of it; `acting` runs what the user asks for.
"""
