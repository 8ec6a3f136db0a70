"""The user's own editor on a text, in a file that nobody else can read."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported

from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable


def editor_words() -> list[str]:
    """Return the words of the user's editor: $VISUAL, $EDITOR or vi."""
    return shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")


def edit_outside(app: App[object], text: str, name: str) -> str:
    """Leave the screen to the user's editor and return what the text became. The program stands still meanwhile.

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
            with app.suspend():
                status = subprocess.run([*words, str(path)], check=False).returncode
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
