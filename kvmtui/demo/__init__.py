"""The host that `--demo` shows: a file for libvirt's test driver. No code."""
