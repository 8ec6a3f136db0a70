"""Files that actions write on this machine. Everything here blocks: it is called on a lane."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path

from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable

NAME_MARK = "{name}"
"""What stands for the domain's name in a path."""


def path_for(answer: str, domain: Domain) -> Path:
    """Return the path that an answer means for one domain: `~` and the name's mark filled in, nothing looked up but the home."""
    name = re.sub(r"[^\w.-]", "_", domain.name).lstrip(".-") or domain.key.uuid
    return Path(answer.replace(NAME_MARK, name)).expanduser()


def write_atomically(path: Path, content: bytes, mode: int, attempted: str) -> None:
    """Write a file so that its name always stands for a whole one.

    Raises:
        Failure: it cannot be written; nothing is left over.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _failure(attempted, path, error) from None
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise _failure(attempted, path, error) from None


def exists(path: Path) -> bool:
    """Return whether something has this name already."""
    return os.path.lexists(path)


def _failure(attempted: str, path: Path, error: OSError) -> Failure:
    said = printable(f"{path}: {error.strerror or error}")
    return Failure(FailureKind.DENIED if isinstance(error, PermissionError) else FailureKind.OTHER, attempted, said)
