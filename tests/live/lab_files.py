"""What a private libvirtd is given to start with: folders, configuration, a network and a pool. Texts only."""

from __future__ import annotations

FOLDERS = (
    "cache",
    "etc/hooks",
    "etc/nwfilter",
    "etc/qemu/autostart",
    "etc/qemu/networks/autostart",
    "etc/secrets",
    "etc/storage/autostart",
    "images",
    "lib/boot",
    "lib/dnsmasq",
    "lib/images",
    "lib/qemu",
    "log",
    "run",
)

FIRST_PROCESS = """\
set -eu
hostname {hostname}
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/libvirt
mount --bind {folder}/run /run/libvirt
mount --bind {folder}/etc /etc/libvirt
mkdir -p /var/lib/libvirt /var/cache/libvirt /var/log/libvirt
mount --bind {folder}/lib /var/lib/libvirt
mount --bind {folder}/cache /var/cache/libvirt
mount --bind {folder}/log /var/log/libvirt
ip link set lo up
: > {folder}/ready
exec env --ignore-signal=CHLD sleep infinity
"""
# A process that ignores SIGCHLD reaps its children at once; as the namespace's first one it inherits every orphan.

LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "{uuid}"
log_level = 3
log_outputs = "3:file:{folder}/libvirtd.log"
"""

QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
"""
# No cgroups: they are the machine's, and two labs with guests of the same name would share them.

NETWORK = """\
<network>
  <name>default</name>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
  </ip>
</network>
"""

POOL = "<pool type='dir'><name>default</name><target><path>{folder}/images</path></target></pool>"
