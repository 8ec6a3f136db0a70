"""What the palette finds: everything that works on the screen below it, and every domain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content, Span
from textual.fuzzy import FuzzySearch

from kvmtui.keys import ACTIONS
from kvmtui.model.key import Key
from kvmtui.ui.desk import Desk
from kvmtui.ui.read_only import writes
from kvmtui.ui.screens.domain import DomainScreen
from kvmtui.ui.widgets.frame import shown_key

DOMAINS_SHOWN = 50


class DeskCommands(Provider):
    """Actions by label, domains by name. Names are drawn as they are, never as markup."""

    async def discover(self) -> Hits:
        """Yield every action, for an empty field."""
        for id_, run in self._actions():
            yield DiscoveryHit(_label(id_, self._desk), run, text=ACTIONS[id_].label, help=ACTIONS[id_].help)

    async def search(self, query: str) -> Hits:
        """Yield what fits the letters typed."""
        search = FuzzySearch()
        for id_, run in self._actions():
            label, explanation = ACTIONS[id_].label, ACTIONS[id_].help
            score, offsets = search.match(query, f"{label} {explanation}")
            if score > 0:
                display = _marked(_label(id_, self._desk), [offset for offset in offsets if offset < len(label)])
                yield Hit(score, display, run, text=label, help=explanation)
        async for hit in self._domains(search, query):
            yield hit

    async def _domains(self, search: FuzzySearch, query: str) -> AsyncIterator[Hit]:
        shown = 0
        for domain in self._desk.fleet.domains():
            score, offsets = search.match(query, domain.name)
            if score > 0:
                display = _marked(Content(domain.name), list(offsets))
                yield Hit(score, display, partial(self._open, domain.key), text=domain.name, help="Open this domain.")
                shown += 1
                if shown == DOMAINS_SHOWN:
                    return

    def _open(self, key: Key) -> None:
        self.app.push_screen(DomainScreen(key))

    def _actions(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """Yield the id of what can be asked for on the screen, each once, and what does it."""
        seen: set[str] = set()
        for node in (self.screen, self.app):
            for entries in node._bindings.key_to_bindings.values():
                for entry in entries:
                    if entry.id in ACTIONS and entry.id not in seen and not (self._desk.is_read_only and writes(entry.id)):
                        seen.add(entry.id)
                        yield entry.id, self._doing(entry.id, entry.action)

    def _doing(self, id_: str, action: str) -> Callable[[], Awaitable[None]]:
        """Return what does exactly the action named, or says why not, though its key may mean another one, too."""
        if action.startswith("perform("):
            return partial(cast(Any, self.screen).action_perform, id_)
        return partial(self.screen.run_action, action)

    @property
    def _desk(self) -> Desk:
        return cast(Desk, self.app)


def _label(id_: str, desk: Desk) -> Content:
    keys = desk.config.keys[id_]
    return Content.assemble(ACTIONS[id_].label, (f"  {shown_key(keys)}" if keys else "", "$text-muted"))


def _marked(display: Content, offsets: list[int]) -> Content:
    """Return the content with the characters that matched underlined."""
    return display.add_spans([Span(offset, offset + 1, "bold underline") for offset in offsets])
