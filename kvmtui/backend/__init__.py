"""How hosts are reached. `protocol` is what the rest is written against; the packages speak to libvirt and to tools."""
