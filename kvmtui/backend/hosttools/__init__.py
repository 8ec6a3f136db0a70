"""Tools and files of the managed host that lie outside libvirt."""
