"""The main screen: all domains of all hosts in one table, a filter over it and a closer look under it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from kvmtui.fleet.actions import ACTIONS
from kvmtui.keys import ACTIONS as KEY_ACTIONS
from kvmtui.model.domain import Domain
from kvmtui.model.host import Link
from kvmtui.model.key import Key
from kvmtui.model.query import PRESETS, Query
from kvmtui.text import several
from kvmtui.ui.bindings import binding, bindings_of
from kvmtui.ui.desk import DeskScreen
from kvmtui.ui.domain_rows import DomainRows
from kvmtui.ui.read_only import writes
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.domain_columns import DEFAULT, domain_columns, uptime
from kvmtui.ui.widgets.domain_pane import DomainPane, pane_lines
from kvmtui.ui.widgets.filter_bar import FilterBar
from kvmtui.ui.widgets.table import SortOrder, Table

REST = 0.1
"""Seconds that the cursor rests before the pane follows and the host is told what is looked at."""
DETAIL_WAIT = 0.25
"""Seconds that the pane waits for a close look before it shows a domain without one: drawn once instead of twice."""
PANE_FROM = 30
"""Terminal rows from which on the pane is open by itself."""


class DomainsScreen(DeskScreen):
    """The domains table with filter and pane."""

    VIEW = "view.domains"
    KEY_HINTS = (
        "table.open", "domain.start", "domain.shut_down", "domain.reboot", "domain.suspend", "domains.filter", "table.mark",
        "domain.menu", "app.help",
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of("domains"),
        *bindings_of("domain"),
        binding("app.back", "step_back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._columns = domain_columns(self._activity, self._host_name)
        self._rows = DomainRows(self._columns)
        self._host_names: dict[str, str] = {}
        self._stale_hosts: frozenset[str] = frozenset()
        self._is_pane_wanted: bool | None = None
        self._rest: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Yield filter, table and pane."""
        yield FilterBar(id="filter")
        yield Table(
            (), id="domains", besides=self._besides, is_stale=lambda domain: domain.key.host in self._stale_hosts
        )  # fmt: skip
        yield DomainPane(id="pane")

    def on_mount(self) -> None:
        """Take up the remembered layout."""
        column, is_descending = self._remembered_sort()
        self._sort_by(SortOrder(column, is_descending))
        self._is_pane_wanted = self.desk.memory.get("domains.pane", None)
        self._fold_pane()
        self.fleet_changed()
        self.table.focus()

    @property
    def table(self) -> Table[Domain]:
        """The table."""
        return self.query_one("#domains", Table)

    @property
    def targets(self) -> list[Domain]:
        """What an action would be done to: the marked rows, or the one under the cursor."""
        row = self.table.cursor_row
        return self.table.marked_rows or ([] if row is None else [row])

    def focused_host(self) -> str | None:
        """Return the host of the row under the cursor."""
        row = self.table.cursor_row if self.is_mounted else None
        return None if row is None else row.key.host

    def fleet_changed(self) -> None:
        """Show what is there now."""
        views = self.desk.fleet.views
        self._stale_hosts = frozenset(view.key for view in views if not view.is_current)
        self._host_names = {view.key: view.name for view in views}
        self._choose_columns()
        self._forget_marks_of_the_gone()
        self.table.empty_text = self._empty_text()
        self.table.show(self._rows.of(self.desk.fleet))
        self._show_pane()
        self._tell_status()

    # What the table and the filter bar tell

    @on(Table.CursorMoved, "#domains")
    @on(Table.ViewportChanged, "#domains")
    def look_soon(self) -> None:
        """Look closer once the cursor rests."""
        if self._rest is None:
            self._rest = self.set_timer(REST, self._look)

    @on(Table.MarksChanged, "#domains")
    def marks_changed(self) -> None:
        """Say how many are marked."""
        self._tell_status()

    @on(Table.SortRequested, "#domains")
    def sort_requested(self, event: Table.SortRequested) -> None:
        """Sort, and remember that."""
        self._sort_by(event.order)
        self.desk.memory.set("domains.sort", [event.order.column, event.order.is_descending])
        self.fleet_changed()

    @on(Table.Opened, "#domains")
    def open_row(self, event: Table.Opened) -> None:
        """Open the domain."""
        self._open(event.row)

    @on(Table.SaveRequested, "#domains")
    def save_requested(self) -> None:
        """Ask for a file name, and write the rows there."""
        from kvmtui.ui.table_file import save

        self.run_worker(save(self.desk, self.table, "domains"), group="save", exclusive=True)

    @on(FilterBar.Changed)
    def filter_typed(self, event: FilterBar.Changed) -> None:
        """Filter with every letter."""
        self._filter_by(event.text)

    @on(FilterBar.Closed)
    def filter_closed(self) -> None:
        """Give the keys back to the table."""
        self.query_one(FilterBar).close()
        self.set_focus(self.table)  # at once: what is typed next is the table's

    def on_resize(self) -> None:
        """Fold the pane away where rows are few."""
        self._fold_pane()

    def on_screen_resume(self) -> None:
        """Catch up, and look where the cursor is."""
        super().on_screen_resume()
        self._look()

    async def on_key(self, event: events.Key) -> None:
        """Let a key whose action does not apply now say why."""
        keys = self.desk.config.keys
        ids = [id_ for id_ in ACTIONS if event.key in keys[id_]]
        if ids and self.focused is self.table:
            event.stop()
            await self.action_perform(next((id_ for id_ in ids if self.check_action("perform", (id_,))), ids[0]))

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what does not apply to the marked rows or the one under the cursor; hide what a read-only session never does."""
        if action != "perform" or not self.is_mounted:
            return True
        known = [ACTIONS[id_] for id_ in str(parameters[0]).split("|") if id_ in ACTIONS]
        if not known:
            return True
        if self.desk.is_read_only and not any(action.works_read_only for action in known):
            return False
        reasons = (action.why_not(domain, self._is_read_only(domain)) for action in known for domain in self.targets)
        return True if any(reason is None for reason in reasons) else None

    async def action_perform(self, id_: str) -> None:
        """Do an action on the marked rows, or the one under the cursor."""
        if id_ == "domain.menu":
            await self.desk.perform_menu(self.targets)
        elif id_.partition("|")[0] in ACTIONS:
            await self.desk.perform(id_, self.targets)
        elif self.desk.is_read_only and writes(id_):
            self.desk.say(f"{KEY_ACTIONS[id_].label}: read-only mode.", "warning")
        elif self.table.cursor_row is not None:  # the editors belong to the opened domain
            self._open(self.table.cursor_row, id_)

    async def action_domain_menu(self) -> None:
        """List all actions."""
        await self.action_perform("domain.menu")

    def action_step_back(self) -> None:
        """Remove the marks, then the filter."""
        if self.table.marks:
            self.table.mark(())
        elif self._rows.query.text:
            self._filter_by("")

    def action_domains_filter(self) -> None:
        """Let the user type a filter."""
        self.query_one(FilterBar).open(self._rows.query.text)
        self._tell_status()

    def action_domains_preset(self) -> None:
        """Offer the filters of `virsh list`."""
        from kvmtui.ui.dialogs.pick import Choice, ChoiceDialog

        lone = {"--all", "--inactive"}  # virsh leaves inactive domains out, unless told otherwise
        choices = [
            Choice(name, name, note=query or "no filter", about=f"virsh list {name if name in lone else f'--all {name}'}")
            for name, query in PRESETS.items()
        ]
        now = next((name for name, query in PRESETS.items() if query == self._rows.query.text), "--all")

        def take(name: str | None) -> None:
            if name is not None:
                self._filter_by(PRESETS[name])

        self.app.push_screen(ChoiceDialog("Filter as virsh list does", choices, starts_at=now), take)

    def action_domains_columns(self) -> None:
        """Let the user choose columns."""
        from kvmtui.ui.dialogs.columns import ColumnChoice, ColumnsDialog

        def take(choice: ColumnChoice | None) -> None:
            if choice is not None:
                self.desk.memory.set("domains.columns", list(choice.ids))
                self.desk.memory.set("domains.widths", dict(choice.widths))
                self.fleet_changed()

        choice = ColumnChoice(self._chosen_ids(), self._widths())
        self.app.push_screen(ColumnsDialog(self._columns, choice, DEFAULT), take)

    def action_domains_pane(self) -> None:
        """Fold the pane, or show it."""
        self._is_pane_wanted = self.has_class("-no-pane")
        self.desk.memory.set("domains.pane", self._is_pane_wanted)
        self._fold_pane()

    def action_domains_copy_name(self) -> None:
        """Offer what can be copied of the targets."""
        from kvmtui.ui.dialogs.pick import Choice, ChoiceDialog
        from kvmtui.ui.table_file import as_text

        targets = self.targets
        if not targets:
            return
        texts = {
            "name": [domain.name for domain in targets],
            "UUID": [domain.key.uuid for domain in targets],
            "address": [domain.addresses[0] for domain in targets if domain.addresses],
            "row": [as_text(self.table.columns, domain) for domain in targets],
        }
        choices = [
            Choice(what, what, reason="" if lines else "not known", note=lines[0] if lines else "", about="\n".join(lines[:2]))
            for what, lines in texts.items()
        ]

        def take(what: str | None) -> None:
            if what is not None:
                self.desk.copy("\n".join(texts[what]), several(len(texts[what]), what) if len(targets) > 1 else f"the {what}")

        self.app.push_screen(ChoiceDialog("Copy", choices), take)

    # Private

    def _activity(self, key: Key) -> str:
        return self.desk.tasks.activity(key)

    def _host_name(self, host: str) -> str:
        return self._host_names.get(host, host)

    def _besides(self, domain: Domain) -> Hashable:
        return (self._activity(domain.key), uptime(domain), self._host_name(domain.key.host))

    def _is_read_only(self, domain: Domain) -> bool:
        facts = self.desk.fleet.view(domain.key.host).facts
        return self.desk.is_read_only or (facts is not None and facts.is_read_only)

    def _open(self, domain: Domain, action_id: str = "") -> None:
        from kvmtui.ui.screens.domain import DomainScreen

        screen = DomainScreen(domain.key)
        self.app.push_screen(screen)
        if action_id:
            screen.call_after_refresh(screen.run_action, f"perform('{action_id}')")

    def _filter_by(self, text: str) -> None:
        self._rows.query = Query.parse(text)
        self.fleet_changed()

    def _sort_by(self, order: SortOrder) -> None:
        self._rows.order = order
        self.table.sort = order

    def _remembered_sort(self) -> tuple[str, bool]:
        match self.desk.memory.get("domains.sort", ["name", False]):
            case [str(column), bool(is_descending)] if column in self._columns:
                return column, is_descending
        return "name", False

    def _chosen_ids(self) -> tuple[str, ...]:
        chosen = self.desk.memory.get("domains.columns", list(DEFAULT))
        known = tuple(dict.fromkeys(id_ for id_ in chosen if isinstance(id_, str) and id_ in self._columns))
        return known if known[:1] == ("name",) else ("name", *(id_ for id_ in known if id_ != "name"))

    def _widths(self) -> dict[str, int]:
        widths: dict[str, Any] = self.desk.memory.get("domains.widths", {})
        return {id_: width for id_, width in widths.items() if id_ in self._columns and isinstance(width, int) and width > 0}

    def _choose_columns(self) -> None:
        ids = list(self._chosen_ids())
        if len(self._host_names) > 1 and "host" not in ids:
            ids.insert(1, "host")
        widths = self._widths()
        self.table.columns = [_with_width(self._columns[id_], widths.get(id_)) for id_ in ids]

    def _forget_marks_of_the_gone(self) -> None:
        marks = self.table.marks
        if marks:
            here = frozenset(key for key in marks if isinstance(key, Key) and self.desk.fleet.domain(key) is not None)
            if here != marks:
                self.table.mark(here)

    def _empty_text(self) -> str:
        views = self.desk.fleet.views
        if self._rows.query.tests and self._rows.total:
            return f"None of {several(self._rows.total, 'domain')} matches {self._rows.query.text}. Esc removes the filter."
        waiting = [view.name for view in views if view.snapshot is None]
        if waiting:
            said = "Connecting to" if any(view.link is Link.CONNECTING for view in views) else "Nothing known yet of"
            return f"{said} {', '.join(waiting)}."
        return f"There are no domains on {', '.join(view.name for view in views)}." if views else "No host is connected."

    def _tell_status(self) -> None:
        query, shown, total = self._rows.query, len(self.table.rows), self._rows.total
        hits = f"{shown}/{total}" if query.tests else several(total, "domain")
        hidden = len(self.table.marks) - len(self.table.marked_rows)
        marked = f"{len(self.table.marks)} marked" + (f" ({hidden} hidden)" if hidden else "") if self.table.marks else ""
        self.set_status("  ".join(piece for piece in (query.problem, marked, query.text, hits) if piece))
        self.query_one(FilterBar).say(query.problem or hits, is_problem=bool(query.problem))

    def _fold_pane(self) -> None:
        is_open = self.size.height >= PANE_FROM if self._is_pane_wanted is None else self._is_pane_wanted
        self.set_class(not is_open, "-no-pane")
        self.call_after_refresh(self._show_pane)  # then it has a size

    def _show_pane(self) -> None:
        pane, domain = self.query_one(DomainPane), self.table.cursor_row
        if self.has_class("-no-pane") or not pane.size.height:
            return
        if domain is None:
            pane.show(())
            return
        fleet = self.desk.fleet
        detail, history = fleet.detail(domain.key), fleet.history(domain.key)
        pane.show(pane_lines(domain, detail, history, self._activity(domain.key), *pane.size))

    def _look(self) -> None:
        self._rest = None
        if self.is_current:
            row = self.table.cursor_row
            fleet = self.desk.fleet
            fleet.look_at([domain.key for domain in self.table.visible_rows], row.key if row else None)
            if row is not None and fleet.detail(row.key) is None:
                self.set_timer(DETAIL_WAIT, self._show_pane)
            else:
                self._show_pane()
            self.show_frame()
            self.refresh_bindings()


def _with_width(column: Column[Domain], width: int | None) -> Column[Domain]:
    return column if width is None else replace(column, width=width, flex=0, compact=None)
