"""How hosts are reached. `protocol` is what the rest is written against; the packages beside it speak to libvirt and to host tools."""
