"""A full-screen terminal manager for KVM hosts run by libvirt."""

__version__ = "0.1.0"
