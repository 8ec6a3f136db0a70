"""The user's own editor on a text, in a file that nobody else can read. The program goes on meanwhile, but draws nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from textual.app import App, SuspendNotSupported

from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable

LEAVING = 2.0
"""Seconds that an editor has to end when the program does."""


def editor_words() -> list[str]:
    """Return the words of the user's editor: $VISUAL, $EDITOR or vi.

    Raises:
        Failure: its quotation marks do not match.
    """
    name = next((name for name in ("VISUAL", "EDITOR") if os.environ.get(name, "").strip()), None)
    if name is None:
        return ["vi"]
    try:
        return shlex.split(os.environ[name])
    except ValueError as error:
        said = f"${name} is {printable(os.environ[name])}: {error}."
        raise Failure(FailureKind.INVALID, "start your editor", said, f"Correct ${name}.") from None


async def edit_outside(app: App[object], text: str, name: str) -> str:
    """Leave the screen to the user's editor and return what the text became.

    Args:
        app: gives up the terminal for that time.
        text: what is edited.
        name: the file's name without its ending, as far as it makes one.

    Raises:
        Failure: there is no terminal to give up, or the editor did not run or ended with an error.
    """
    words = editor_words()
    shown = printable(" ".join(words))
    safe = "".join(character if character.isalnum() or character in "-_." else "_" for character in name)[:60].lstrip(".")
    with tempfile.TemporaryDirectory(prefix="kvmtui-") as folder:  # made with mode 0700
        path = Path(folder) / f"{safe or 'domain'}.xml"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        try:
            status = await _run_on_terminal(app, [*words, str(path)])
            if status:
                raise Failure(
                    FailureKind.OTHER, f"edit with {shown}", f"it ended with status {status}; nothing was taken from it."
                )
            return path.read_text(encoding="utf-8", errors="replace")
        except SuspendNotSupported:
            raise Failure(
                FailureKind.UNSUPPORTED, f"edit with {shown}", "this terminal cannot be handed over.", "Use the built-in editor."
            ) from None
        except OSError as error:
            advice = "Set $EDITOR to one that is installed."
            raise Failure(FailureKind.NOT_INSTALLED, f"edit with {shown}", printable(str(error)), advice) from None


async def _run_on_terminal(app: App[object], words: list[str]) -> int:
    """Run a program on the app's terminal and return its status.

    Raises:
        SuspendNotSupported: there is no terminal to give up.
        OSError: it cannot be started.
    """
    problem: OSError | asyncio.CancelledError | None = None
    status = 0
    with app.suspend(), app.batch_update(), _keys_of_the_editor():
        try:
            status = await _run(words)
        except asyncio.CancelledError as error:
            if app.return_code is not None:
                raise  # the app ends: it must not take the terminal again
            problem = error
        except OSError as error:
            problem = error  # raised in here it would leave the terminal given up
    if problem is not None:
        raise problem
    return status


async def _run(words: list[str]) -> int:
    process = await asyncio.create_subprocess_exec(*words)
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), LEAVING)
        raise


@contextlib.contextmanager
def _keys_of_the_editor() -> Iterator[None]:
    """Leave the signals of its keys, as Ctrl+C, to the editor: the terminal sends them to this process too."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
