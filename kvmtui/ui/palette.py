"""What the palette finds: everything that works on the screen below it, and every domain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content, Span
from textual.fuzzy import FuzzySearch

from kvmtui.keys import ACTIONS
from kvmtui.ui.desk import Desk
from kvmtui.ui.widgets.frame import shown_key

DOMAINS_SHOWN = 50


class DeskCommands(Provider):
    """Actions by label, domains by name. Names are drawn as they are, never as markup."""

    async def discover(self) -> Hits:
        """Yield every action, for an empty field."""
        for id_, binding_action in self._actions():
            yield DiscoveryHit(
                _label(id_, self._desk), partial(self.screen.run_action, binding_action), text=ACTIONS[id_].label, help=ACTIONS[id_].help
            )

    async def search(self, query: str) -> Hits:
        """Yield what fits the letters typed."""
        search = FuzzySearch()
        for id_, binding_action in self._actions():
            score, offsets = search.match(query, f"{ACTIONS[id_].label} {ACTIONS[id_].help}")
            if score > 0:
                display = _marked(_label(id_, self._desk), [offset for offset in offsets if offset < len(ACTIONS[id_].label)])
                yield Hit(
                    score, display, partial(self.screen.run_action, binding_action), text=ACTIONS[id_].label, help=ACTIONS[id_].help
                )
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

    def _open(self, key: object) -> None:
        from kvmtui.model.key import Key
        from kvmtui.ui.screens.domain import DomainScreen

        self.app.push_screen(DomainScreen(cast(Key, key)))

    def _actions(self) -> Iterator[tuple[str, str]]:
        """Yield the id and Textual action of what can be done now, each once."""
        seen: set[str] = set()
        for chain_entry in self.screen._modal_binding_chain:  # noqa: SLF001 - active_bindings has no entry per key that is unbound
            _, bindings = chain_entry
            for entries in bindings.key_to_bindings.values():
                for entry in entries:
                    if entry.id in ACTIONS and entry.id not in seen:
                        seen.add(entry.id)
                        yield entry.id, entry.action

    @property
    def _desk(self) -> Desk:
        return cast(Desk, self.app)


def _label(id_: str, desk: Desk) -> Content:
    keys = desk.config.keys[id_]
    return Content.assemble(ACTIONS[id_].label, (f"  {shown_key(keys)}" if keys else "", "$text-muted"))


def _marked(display: Content, offsets: list[int]) -> Content:
    """Return the content with the characters that matched underlined."""
    return display.add_spans([Span(offset, offset + 1, "bold underline") for offset in offsets])
