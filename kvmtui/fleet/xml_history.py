"""The XMLs that edits replaced, kept per domain so that an edit can be undone. They hold secrets: only their user reads them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID

from kvmtui.backend.lane import Lane

KEPT = 20
"""XMLs per domain."""


class XmlHistory:
    """Files `UUID/TIME.xml` in one directory. Its methods wait for the disk on a thread of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lane: Lane | None = None

    async def keep(self, uuid: str, xml: str) -> Path:
        """Write an XML down as the newest of its domain, unless it is that already, and return its file.

        Raises:
            OSError: the directory cannot be written.
        """
        return await self._the_lane().call(lambda: self._keep(uuid, xml))

    async def newest(self, uuid: str, other_than: str) -> str | None:
        """Return the newest XML kept of a domain that differs from `other_than`; None when there is none.

        Raises:
            OSError: a file cannot be read.
        """
        return await self._the_lane().call(lambda: self._newest(uuid, other_than))

    def _the_lane(self) -> Lane:
        self._lane = self._lane or Lane("XML history")
        return self._lane

    def _files(self, uuid: str) -> list[Path]:
        return sorted((self._directory / str(UUID(uuid))).glob("*.xml"))

    def _keep(self, uuid: str, xml: str) -> Path:
        folder = self._directory / str(UUID(uuid))
        for directory in (self._directory.parent, self._directory, folder):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = self._files(uuid)
        if files and files[-1].read_text(encoding="utf-8") == xml:
            return files[-1]
        path = folder / f"{time.time_ns():020}.xml"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(xml)
        for old in self._files(uuid)[:-KEPT]:
            old.unlink(missing_ok=True)
        return path

    def _newest(self, uuid: str, other_than: str) -> str | None:
        texts = (path.read_text(encoding="utf-8") for path in reversed(self._files(uuid)))
        return next((text for text in texts if text != other_than), None)
