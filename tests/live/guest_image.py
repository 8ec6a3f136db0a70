"""The kernel and the initrd that lab guests boot: Debian's cloud kernel with busybox, kept in a cache.

Nothing is installed: the kernel's package is downloaded and unpacked, for an installed one would touch the boot loader.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kvmtui-lab"
KERNEL_PACKAGE = "linux-image-cloud-amd64"
MODULES = (
    "virtio_pci",
    "virtio_blk",
    "virtio_scsi",
    "sd_mod",
    "virtio_net",
    "virtio_balloon",
    "virtio_console",
    "virtio_rng",
    "button",
    "evdev",
)
"""What a guest needs to see its devices, and their coming and going; their dependencies come along."""

_SOURCES = Path(__file__).parent / "guest"


@dataclass(frozen=True, slots=True)
class GuestImage:
    """What a guest boots."""

    kernel: Path
    initrd: Path


def guest_image(cache: Path = CACHE) -> GuestImage:
    """Return the image from the cache; download the kernel and build the initrd when they are not there.

    Raises:
        subprocess.CalledProcessError: when the kernel's package cannot be downloaded.
        FileNotFoundError: when busybox or apt-get is missing.
    """
    kernel = _kernel(cache)
    initrd = kernel / f"initrd-{_recipe_hash()}"
    if not initrd.exists():
        _replace(initrd, _initrd(kernel / "modules"))
    return GuestImage(kernel / "vmlinuz", initrd)


def _kernel(cache: Path) -> Path:
    """Return a folder with `vmlinuz` and `modules/`: the newest in the cache, or a fresh one."""
    known = sorted(cache.glob("linux-image-*/vmlinuz"), key=lambda kernel: kernel.stat().st_mtime)
    return known[-1].parent if known else _download_kernel(cache)


def _download_kernel(cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    dependencies = _output("apt-cache", "depends", KERNEL_PACKAGE)
    found = re.search(r"Depends: (linux-image-\S+)", dependencies)
    package = found.group(1) if found else KERNEL_PACKAGE
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        work = Path(folder)
        subprocess.run(["apt-get", "-qq", "download", package], cwd=work, check=True, capture_output=True)
        (archive,) = work.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, work / "root"], check=True)
        unpacked = work / package
        (unpacked / "modules").mkdir(parents=True)
        shutil.copy(next((work / "root/boot").glob("vmlinuz-*")), unpacked / "vmlinuz")
        for module in (work / "root").rglob("*.ko"):
            shutil.copy(module, unpacked / "modules" / module.name.replace("-", "_"))
        try:
            unpacked.rename(cache / package)
        except OSError:  # another run was quicker
            assert (cache / package / "vmlinuz").exists()
    return cache / package


def _recipe_hash() -> str:
    """Return a hash over everything that goes into the initrd but the kernel's modules."""
    recipe = hashlib.sha256(repr(MODULES).encode())
    for part in (_busybox(), *sorted(_SOURCES.iterdir())):
        recipe.update(part.read_bytes())
    return recipe.hexdigest()[:16]


def _initrd(modules: Path) -> bytes:
    """Return a cpio archive: busybox, the modules in the order in which they load, `init` and `udhcpc`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "bin").mkdir()
        shutil.copy(_busybox(), root / "bin/busybox")
        for script in _SOURCES.iterdir():
            shutil.copy(script, root / script.name)
        (root / "modules").mkdir()
        order = list(dict.fromkeys(name for module in MODULES for name in _with_dependencies(modules, module)))
        for name in order:
            shutil.copy(modules / f"{name}.ko", root / "modules" / name)
        (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
        files = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
        archive = subprocess.run(
            [_busybox(), "cpio", "-o", "-H", "newc"], cwd=root, input=files.encode(), capture_output=True, check=True
        )
        return archive.stdout


def _with_dependencies(modules: Path, module: str) -> Iterator[str]:
    """Yield the names of the modules to load for `module`, it last; built-in ones have no file and are left out."""
    file = modules / f"{module}.ko"
    if not file.exists():
        return
    depends = re.search(rb"\0depends=([^\0]*)\0", file.read_bytes())
    for dependency in depends.group(1).decode().split(",") if depends and depends.group(1) else ():
        yield from _with_dependencies(modules, dependency.replace("-", "_"))
    yield module


def _busybox() -> Path:
    found = shutil.which("busybox", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    if found is None:
        raise FileNotFoundError("busybox (package busybox-static)")
    return Path(found)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that others see it whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.rename(path)


def _output(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
