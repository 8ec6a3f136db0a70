"""The XMLs that edits replaced, kept per domain so that an edit can be undone. They hold secrets: only their user reads them."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from uuid import UUID

from kvmtui.backend.lane import Lane
from kvmtui.model.key import Key

KEPT = 20
"""XMLs per domain, and as many drafts."""

_KEPT = ".xml"
_DRAFTS = ".draft.xml"


class XmlHistory:
    """Files `HOST/UUID/TIME.xml` in one directory, drafts beside them as `TIME.draft.xml`.

    Its methods wait for the disk on a thread of their own.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lane: Lane | None = None

    async def keep(self, key: Key, xml: str, *, is_draft: bool = False) -> Path:
        """Write an XML down as the newest of its domain, unless it is that already, and return its file.

        Args:
            key: the domain.
            xml: what libvirt had of it, or, with `is_draft`, what somebody wrote and did not apply.
            is_draft: see `xml`; a draft is never `newest`.

        Raises:
            OSError: the directory cannot be written.
        """
        return await self._the_lane().call(lambda: self._keep(key, xml, _DRAFTS if is_draft else _KEPT))

    async def newest(self, key: Key, other_than: str) -> str | None:
        """Return the newest XML that libvirt had of a domain and that differs from `other_than`; None when there is none.

        Raises:
            OSError: a file cannot be read.
        """
        return await self._the_lane().call(lambda: self._newest(key, other_than))

    def _the_lane(self) -> Lane:
        self._lane = self._lane or Lane("XML history")
        return self._lane

    def _folder(self, key: Key) -> Path:
        host = hashlib.sha256(key.host.encode("utf-8", "replace")).hexdigest()[:12]
        return self._directory / host / str(UUID(key.uuid))

    def _keep(self, key: Key, xml: str, ending: str) -> Path:
        folder = self._folder(key)
        for directory in (self._directory.parent, self._directory, folder.parent, folder):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = _files(folder, ending)
        if files and files[-1].read_text(encoding="utf-8") == xml:
            return files[-1]
        path = folder / f"{time.time_ns():020}{ending}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(xml)
        for old in _files(folder, ending)[:-KEPT]:
            old.unlink(missing_ok=True)
        return path

    def _newest(self, key: Key, other_than: str) -> str | None:
        texts = (path.read_text(encoding="utf-8") for path in reversed(_files(self._folder(key), _KEPT)))
        return next((text for text in texts if text != other_than), None)


def _files(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*[0-9]{ending}"))
