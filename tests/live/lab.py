"""A libvirtd of its own, apart from the host's: own mount, network, UTS and process namespaces, own UUID and hostname.

Guests live in `tests.live.guest`. Everything of a lab lives in one folder, under one path inside and outside; its processes
all end with the first one of its process namespace, so a lab that is gone leaves nothing running, however it went.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.live.lab_files import FIRST_PROCESS, FOLDERS, LIBVIRTD_CONF, NETWORK, POOL, QEMU_CONF

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def what_is_missing() -> str:
    """Return why no lab can be made here; empty when it can."""
    if os.geteuid() != 0:
        return "needs root"
    programs = ("libvirtd", "virtlogd", "virsh", "qemu-system-x86_64", "qemu-img", "dnsmasq", "busybox", "unshare", "ip")
    missing = [program for program in programs if shutil.which(program, path=SYSTEM_PATH) is None]
    return f"needs {', '.join(missing)}" if missing else ""


class PrivateLibvirtd:
    """A running libvirtd with a default network (NAT, DHCP) and a default pool; starts when entered, ends when left."""

    def __init__(self, name: str = "lab", folder: Path | None = None, *, is_detached: bool = False) -> None:
        """Describe a lab.

        Args:
            name: the hostname inside.
            folder: where everything goes; a new one by default. Short, for socket paths end at 107 bytes.
            is_detached: whether it outlives this process.
        """
        self.name = name
        self.folder = folder or Path(tempfile.mkdtemp(prefix="kvmtui-lab-", dir="/tmp"))
        self.is_detached = is_detached
        self._unshare: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def socket(self) -> Path:
        """Libvirtd's socket, seen from outside."""
        return self.folder / "run/libvirt-sock"

    @property
    def images(self) -> Path:
        """The folder of the pool `default`."""
        return self.folder / "images"

    @property
    def uri(self) -> str:
        """The QEMU driver of this libvirtd."""
        return f"qemu+unix:///system?socket={self.socket}"

    def test_uri(self, path: Path | str = "/default") -> str:
        """Return the URI of libvirt's test driver inside this libvirtd, with a host file or its default host."""
        return f"test+unix://{path}?socket={self.socket}"

    def ssh_uri(self, command: Path | str, path: Path | str = "/system", driver: str = "qemu") -> str:
        """Return a URI that reaches this libvirtd over a stand-in for ssh: a program that joins its ends to the socket."""
        return f"{driver}+ssh://{self.name}{path}?command={command}&socket={self.socket}"

    @property
    def is_running(self) -> bool:
        """Whether the lab's namespaces are there; its libvirtd may be dead."""
        return self._outer_pid() is not None

    @property
    def pid(self) -> int:
        """Libvirtd's process id, seen from outside."""
        return self._seen_from_outside(_read_pid(self.folder / "run/libvirtd.pid"))

    def start(self) -> None:
        """Make the namespaces, start virtlogd and libvirtd in them, and the default network and pool."""
        self._write_configuration()
        self._start_first_process()
        if not self.is_detached:
            atexit.register(self.stop)
        self.exec("virtlogd", "-d")
        self.restart()
        self._start_default("net", NETWORK)
        self._start_default("pool", POOL.format(folder=self.folder))

    def restart(self) -> None:
        """Start libvirtd after `kill`; the guests have gone on. Returns when it answers."""
        self.exec("libvirtd", "-d", "-p", str(self.folder / "run/libvirtd.pid"))
        wait_until(self._answers, "libvirtd to answer")

    def stop(self) -> None:
        """End everything in the lab at once and remove its folder. Harmless when that is done already."""
        atexit.unregister(self.stop)
        outer = self._outer_pid()
        if outer is not None:
            os.kill(next(_children(outer), outer), signal.SIGKILL)
            wait_until(lambda: self._outer_pid() is None, "the lab to end")
        if self._unshare is not None:
            self._unshare.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """Kill libvirtd; its guests go on."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "libvirtd to die")

    def freeze(self) -> None:
        """Make libvirtd hang (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let libvirtd go on after `freeze`."""
        os.kill(self.pid, signal.SIGCONT)

    def exec(self, *argv: str, timeout: float = 60) -> str:
        """Run a program inside the namespaces and return what it printed.

        Raises:
            RuntimeError: when it fails; the text says what was run and what it printed.
        """
        target = str(self._first_pid())
        return _run("nsenter", "-t", target, "-m", "-u", "-n", "-p", "-r", *argv, timeout=timeout)

    def virsh(self, *argv: str, timeout: float = 60) -> str:
        """Run virsh on this libvirtd and return what it printed, stripped."""
        return _run("virsh", "-q", "-c", self.uri, *argv, timeout=timeout).strip()

    def qemu_pid(self, domain: str) -> int:
        """Return the process id of a running guest's QEMU, seen from outside."""
        return self._seen_from_outside(_read_pid(self.folder / "run/qemu" / f"{domain}.pid"))

    def _write_configuration(self) -> None:
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        names = {"folder": self.folder, "hostname": self.name, "uuid": uuid.uuid4()}
        (self.folder / "first-process").write_text(FIRST_PROCESS.format(**names))
        (self.folder / "etc/libvirtd.conf").write_text(LIBVIRTD_CONF.format(**names))
        (self.folder / "etc/qemu.conf").write_text(QEMU_CONF)
        (self.folder / "etc/virtlogd.conf").touch()

    def _start_first_process(self) -> None:
        argv = [
            "unshare",
            "-m",
            "-u",
            "-n",
            "-p",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            str(self.folder / "first-process"),
        ]
        if not self.is_detached:
            argv = ["setpriv", "--pdeathsig", "KILL", *argv]
        with (self.folder / "out").open("w") as out:
            self._unshare = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=_environment()
            )
        (self.folder / "outer.pid").write_text(str(self._unshare.pid))
        poll = self._unshare.poll
        wait_until(lambda: (self.folder / "ready").exists() or poll() is not None, "the namespaces")
        if poll() is not None:
            raise RuntimeError(f"no namespaces: {(self.folder / 'out').read_text()}")

    def _start_default(self, kind: str, xml: str) -> None:
        file = self.folder / f"{kind}.xml"
        file.write_text(xml)
        self.virsh(f"{kind}-define", str(file))
        self.virsh(f"{kind}-start", "default")
        self.virsh(f"{kind}-autostart", "default")

    def _answers(self) -> bool:
        try:
            self.virsh("version", timeout=5)
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
        return True

    def _outer_pid(self) -> int | None:
        """Return the process that made the namespaces, or None when it is gone (its number may be another's by now)."""
        try:
            pid = _read_pid(self.folder / "outer.pid")
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return None
        return pid if str(self.folder).encode() in command else None

    def _first_pid(self) -> int:
        outer = self._outer_pid()
        if outer is None:
            raise RuntimeError("this lab has ended")
        return next(_children(outer))

    def _seen_from_outside(self, inner_pid: int) -> int:
        """Return the id outside of a process that the namespace knows as `inner_pid`."""
        namespace = Path(f"/proc/{self._first_pid()}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                numbers = (process / "status").read_text().partition("\nNSpid:")[2].partition("\n")[0].split()
                if numbers[-1] == str(inner_pid) and (process / "ns/pid").readlink() == namespace:
                    return int(process.name)
        raise ProcessLookupError(f"no process {inner_pid} in the lab")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return when the condition holds.

    Raises:
        TimeoutError: when it does not within that time; the text says for what it waited.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)


def _children(pid: int) -> Iterator[int]:
    """Yield the ids of a process's children."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(pid):
                yield int(stat.parent.name)


def _read_pid(file: Path) -> int:
    return int(file.read_text())


def _environment() -> dict[str, str]:
    """Return an environment in which libvirt's programs are found and speak English."""
    return {**os.environ, "PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}


def _run(*argv: str, timeout: float) -> str:
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, env=_environment(), check=False
    )
    if done.returncode:
        raise RuntimeError(f"{shlex.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
