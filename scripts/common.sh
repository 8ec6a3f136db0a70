# shellcheck shell=sh
# Sourced by run, test, bench and lab: brings what they need into .venv, and packages onto the machine. POSIX sh.
# A stamp in .venv says for which pyproject.toml it was made, so that with nothing to do this costs a few milliseconds.

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
venv=$root/.venv
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
give_up() { say "$@"; exit 1; }
has() { command -v "$1" > /dev/null 2>&1; }

# prepare [EXTRA...]: makes .venv hold kvmtui (editable) with its dependencies and these extras.
prepare() {
    stamp=$root:$(cksum < "$root/pyproject.toml")
    if [ -x "$venv/bin/python" ] && is_stamped "$*"; then
        return
    fi
    need_packages "$(missing_for_build)"
    python=$(find_python) || give_up "no Python from 3.11 on was found; install one ($(by_hand python3))"
    [ -x "$venv/bin/python" ] || "$python" -m venv --clear "$venv" ||
        give_up "$python cannot make a virtual environment in $venv"
    install_into_venv "$@" || return 0
    for name in "" "$*"; do
        printf '%s\n' "$stamp" > "$(stamp_file "$name")"
    done
}

stamp_file() { printf '%s/stamp%s' "$venv" "$(printf '%s' "${1:+-$1}" | tr ' ' '-')"; }

is_stamped() {
    read -r found 2> /dev/null < "$(stamp_file "$1")" && [ "$found" = "$stamp" ]
}

# Fails only when there was nothing to go on with before.
install_into_venv() {
    extras=$(printf '%s' "$*" | tr ' ' ',')
    say "installing kvmtui${extras:+ with $extras} into .venv (once; libvirt's binding is compiled)"
    if "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root${extras:+[$extras]}" \
        > "$venv/pip.log" 2>&1; then
        return
    fi
    tail -n 5 "$venv/pip.log" >&2
    [ -e "$(stamp_file "$*")" ] || give_up "pip could not install the above (all of it: $venv/pip.log); is there a network?"
    say "pip could not bring .venv up to date; going on with what is there"
    return 1
}

# Prints the first Python from 3.11 on that has venv. The system's comes first: its headers come as a package.
find_python() {
    for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || continue
        "$candidate" -c 'import sys; print(sys.executable)'
        return
    done
    return 1
}

missing_for_build() {
    found=$(find_python) || printf 'python '
    [ -z "$found" ] || has_headers "$found" || printf 'headers '
    has cc || has gcc || printf 'compiler '
    has pkg-config || printf 'pkg-config '
    { has pkg-config && pkg-config --exists libvirt; } || printf 'libvirt '
}

has_headers() {
    "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
}

# Prints the packages that bring what is named, in the words of this system's package manager.
packages_for() {
    for what in "$@"; do
        case $(package_manager):$what in
            apt-get:python) echo python3 python3-venv python3-dev ;;
            apt-get:headers) echo python3-dev ;;
            apt-get:compiler) echo gcc libc6-dev ;;
            apt-get:libvirt) echo libvirt-dev ;;
            apt-get:host) echo libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils virtinst ;;
            apt-get:lab) echo libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils \
                virtinst dnsmasq-base iptables iproute2 busybox-static shellcheck ;;
            dnf:python) dnf_has python3.11 && echo python3.11 python3.11-devel || echo python3 python3-devel ;;
            dnf:headers) dnf_has python3.11 && echo python3.11-devel || echo python3-devel ;;
            dnf:compiler) echo gcc ;;
            dnf:pkg-config) echo pkgconf-pkg-config ;;
            dnf:libvirt) echo libvirt-devel ;;
            dnf:host) echo libvirt qemu-kvm qemu-img virt-install libvirt-client ;;
            dnf:lab) echo libvirt libvirt-client qemu-kvm qemu-img virt-install dnsmasq iptables iproute busybox ;;
            *) echo "$what" ;;
        esac
    done | tr '\n' ' '
}

package_manager() {
    for manager in apt-get dnf; do
        has "$manager" && echo "$manager" && return
    done
    echo unknown
}

dnf_has() { dnf --quiet --cacheonly info "$1" > /dev/null 2>&1 || dnf --quiet info "$1" > /dev/null 2>&1; }

by_hand() {
    case $(package_manager) in
        apt-get) echo "apt-get update && apt-get install --no-install-recommends $(packages_for "$@")" ;;
        dnf) echo "dnf install $(packages_for "$@")   (libvirt-devel may be in the repository crb: --enablerepo=crb)" ;;
        *) echo "with your package manager: Python 3.11 with headers, a C compiler, pkg-config, libvirt's headers" ;;
    esac
}

# need_packages "WHAT...": installs what is named, or says how to by hand and gives up.
need_packages() {
    # shellcheck disable=SC2086  # a list of words
    set -- $1
    [ $# -gt 0 ] || return 0
    instead="as root, run:  $(by_hand "$@")"
    [ "$(package_manager)" != unknown ] || give_up "missing: $*; install $(by_hand "$@")"
    # shellcheck disable=SC2046  # a list of words
    set -- $(packages_for "$@")
    say "installing packages: $*"
    install_packages "$@" || give_up "these packages are needed and could not be installed; $instead"
}

# Installs what a private libvirtd with guests takes.
need_lab() {
    for program in libvirtd virtlogd virsh qemu-system-x86_64 qemu-img virt-install dnsmasq iptables ip busybox; do
        if ! PATH=$PATH:/usr/sbin:/sbin has "$program"; then
            need_packages lab
            return
        fi
    done
}

install_packages() {
    as_root true || return 1
    case $(package_manager) in
        apt-get)
            as_root apt-get -qq update || say "the lists of packages could not be renewed"
            as_root apt-get -qq install --yes --no-install-recommends "$@" > /dev/null
            ;;
        dnf)
            if dnf --quiet repolist --all | grep -q '^crb '; then
                set -- --enablerepo=crb "$@"
            fi
            as_root dnf --quiet --assumeyes install "$@" > /dev/null
            ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo && [ -t 0 ]; then
        sudo DEBIAN_FRONTEND=noninteractive "$@"
    elif has sudo; then
        sudo -n DEBIAN_FRONTEND=noninteractive "$@"
    else
        say "this needs root, and there is no sudo"
        return 1
    fi
}
