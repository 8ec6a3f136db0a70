"""The command line. Answers --help and errors without importing Textual; starts connecting while Textual is imported."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kvmtui import __version__

if TYPE_CHECKING:
    from kvmtui.config import Config

USAGE_ERROR = 2


def main() -> NoReturn:
    """Run kvmtui and end the process, also when a connection hangs in a thread."""
    arguments = _parser().parse_args()
    status = _start(arguments)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def demo_uri() -> str:
    """Return the URI of the demo host: libvirt's test driver on the file that is shipped."""
    from urllib.parse import quote

    return "test://" + quote(str(files("kvmtui") / "demo" / "host.xml"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kvmtui",
        description="A full-screen manager for KVM hosts run by libvirt.",
        epilog="Without --connect, libvirt's own rules choose: LIBVIRT_DEFAULT_URI, libvirt.conf, or what runs here.",
    )
    hosts = parser.add_mutually_exclusive_group()
    hosts.add_argument("-c", "--connect", metavar="URI", action="append", default=[], help="a host to show; can be repeated")
    hosts.add_argument("--demo", action="store_true", help="show libvirt's built-in test host: nothing real is touched")
    parser.add_argument("-r", "--read-only", action="store_true", help="open connections read-only")
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings to use instead of ~/.config/kvmtui/config.toml")
    parser.add_argument("--version", action="version", version=f"kvmtui {__version__}")
    return parser


def _start(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from kvmtui.config import ConfigError, load

    try:
        config = load(arguments.config)
    except ConfigError as error:
        return _refuse(str(error))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _refuse("it needs a terminal for its screen; standard input and output are not both one")
    if arguments.read_only:
        config = replace(config, read_only=True)
    wanted = arguments.connect or ([demo_uri()] if arguments.demo else list(config.connect) or [""])
    return _run([config.uri(name) for name in wanted], config)


def _run(uris: list[str], config: Config) -> int:
    gc.disable()  # what is imported stays: looking for garbage in it costs a tenth of the start
    try:
        from kvmtui.backend.libvirt.host import LibvirtHost
    except ImportError as error:
        return _refuse(f"libvirt's Python binding cannot be loaded ({error}); ./scripts/run installs it")

    def make_host(uri: str, is_read_only: bool) -> LibvirtHost:
        return LibvirtHost(uri, is_read_only=is_read_only, interval=config.interval)

    hosts = [make_host(uri, config.read_only) for uri in dict.fromkeys(uris)]
    for host in hosts:
        host.begin()
    _keep_stray_output_off_the_screen()

    from kvmtui.app import KvmtuiApp
    from kvmtui.config import state_directory
    from kvmtui.fleet.journal import Journal
    from kvmtui.fleet.memory import Memory

    gc.freeze()
    gc.enable()
    state = state_directory()
    app = KvmtuiApp(
        hosts,
        config,
        make_host=make_host,
        demo=demo_uri(),
        memory=Memory(state / "state.json"),
        journal=Journal(state / "journal"),
        crash_log=state / "crash.log",
    )
    app.run(mouse=config.mouse)
    return app.return_code or 0


def _keep_stray_output_off_the_screen() -> None:
    """Send what libraries write to descriptor 2 to a file; Textual, which draws on stderr, gets another descriptor.

    libvirt, libxml2 and ssh write messages there, over the screen.
    """
    import logging

    from kvmtui.config import state_directory

    screen = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    sys.stderr = sys.__stderr__ = screen  # type: ignore[misc]
    try:
        directory = state_directory()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = os.open(directory / "stderr.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        log = os.open(os.devnull, os.O_WRONLY)
    os.dup2(log, 2)
    os.close(log)
    logging.basicConfig(stream=os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace"), level=logging.WARNING)


def _refuse(reason: str) -> int:
    print(f"kvmtui: {reason}", file=sys.stderr)  # noqa: T201 - before there is a screen
    return USAGE_ERROR
