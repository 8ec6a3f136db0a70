"""Every change made with this program, from the journal's file."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Input, Static

from kvmtui.fleet.journal import Entry, as_script
from kvmtui.fleet.task import TaskState
from kvmtui.text import clock, printable, several
from kvmtui.ui.bindings import binding, bindings_of
from kvmtui.ui.desk import DeskScreen
from kvmtui.ui.widgets.cells import Part, Tone
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.table import Table


def _result(entry: Entry) -> Part:
    tones: dict[str, Tone] = {TaskState.DONE.value: "good", TaskState.FAILED.value: "bad"}
    return Part(entry.text.partition("\n")[0] or entry.outcome, tones.get(entry.outcome, "warn"))


COLUMNS: tuple[Column[Entry], ...] = (
    Column("time", "TIME", 19, lambda entry: clock(entry.time)),
    Column("domain", "DOMAIN", 12, lambda entry: entry.domain, flex=1, max_width=32),
    Column("host", "HOST", 14, lambda entry: entry.host, flex=1, max_width=32, priority=2),
    Column("command", "COMMAND", 16, lambda entry: _short_command(entry), flex=2, max_width=60),
    Column("result", "OUTCOME", 16, _result, flex=2, max_width=100, priority=1),
)


def _short_command(entry: Entry) -> str:
    """Return the command without what the other columns say: `virsh start db01`."""
    command = entry.command_line.replace(f" -c {entry.host} ", " ")
    return printable(command)


class JournalScreen(DeskScreen):
    """The journal, the newest at the end."""

    VIEW: ClassVar[str] = "view.journal"
    KEY_HINTS: ClassVar[tuple[str, ...]] = ("domains.filter", "table.mark", "journal.copy", "view.domains", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of("view"),
        *bindings_of("journal"),
        binding("domains.filter", "filter"),
        Binding("escape", "back", "back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()
        self._ended = -1

    def compose_body(self) -> ComposeResult:
        """Yield the filter, the entries and the pane under them."""
        yield Input(placeholder="words that an entry must have", id="journal-filter", compact=True)
        yield Table(COLUMNS, empty_text="Nothing was changed yet.", id="journal-table")
        with VerticalScroll(id="journal-pane", can_focus=False):
            yield Static(id="journal-text")

    def on_mount(self) -> None:
        """Let the list have the keys."""
        self._table.focus()

    def on_screen_resume(self) -> None:
        """Read the file again: other programs write to it, too."""
        self._ended = -1
        super().on_screen_resume()

    def fleet_changed(self) -> None:
        """Read again when a task has ended."""
        ended = sum(not task.is_running for task in self.desk.tasks.all)
        if ended != self._ended:
            self._ended = ended
            self._read()

    @on(Input.Changed)
    def filter_changed(self) -> None:
        """Show what fits the words typed."""
        self._show()

    @on(Input.Submitted)
    def filter_kept(self) -> None:
        """Go to the list and keep the filter."""
        self._filter.display = bool(self._filter.value)
        self._table.focus()

    @on(Table.CursorMoved)
    def cursor_moved(self, event: Table.CursorMoved) -> None:
        """Show the whole of the entry under the cursor."""
        self.query_one("#journal-text", Static).update(Content("") if event.row is None else entry_text(event.row))

    def on_key(self, event: Key) -> None:
        """Leave the filter downwards."""
        if event.key == "down" and self._filter.has_focus:
            event.stop()
            self._table.focus()

    def action_filter(self) -> None:
        """Type a filter."""
        self._filter.display = True
        self._filter.focus()

    async def action_back(self) -> None:
        """Remove the marks, then the filter, then leave."""
        if self._table.marks and not self._filter.has_focus:
            self._table.mark(())
        elif self._filter.display:
            self._filter.value = ""
            self._filter.display = False
            self._table.focus()
        else:
            await self.app.run_action("view_domains")

    def action_journal_copy(self) -> None:
        """Copy the marked entries, or those shown, as a shell script."""
        entries = self._table.marked_rows or list(self._table.rows)
        self.desk.copy(as_script(entries), f"{several(len(entries), 'entry', 'entries')} as a shell script")

    @property
    def _table(self) -> Table[Entry]:
        return self.query_one("#journal-table", Table)

    @property
    def _filter(self) -> Input:
        return self.query_one("#journal-filter", Input)

    @work(group="journal", exclusive=True)
    async def _read(self) -> None:
        is_at_end = self._table.cursor_index >= len(self._table.rows) - 1
        try:
            self._entries = await self.desk.journal.read()
        except OSError as error:
            self._table.empty_text = printable(f"The journal cannot be read: {error.strerror or error}")
        self._show()
        if is_at_end:
            self._table.move_to(len(self._table.rows) - 1)

    def _show(self) -> None:
        words = self._filter.value.lower().split()
        rows = [entry for entry in self._entries if all(word in _searched(entry) for word in words)] if words else self._entries
        self._table.show(rows)
        shown = f"{len(rows)} of {len(self._entries)}" if words else several(len(self._entries), "entry", "entries")
        self.set_status(self.desk.journal.problem or shown)


def _searched(entry: Entry) -> str:
    return f"{entry.domain} {entry.host} {entry.action} {entry.command_line} {entry.outcome} {entry.text} {entry.uuid}".lower()


def entry_text(entry: Entry) -> Content:
    """Return everything about an entry."""
    when = entry.time.astimezone().isoformat(sep=" ", timespec="seconds")
    return Content.assemble(
        (f"{entry.domain}: {entry.action}", "bold"),
        (f"   {when}   {entry.host}   {entry.uuid}\n", "$text-muted"),
        ("$ ", "$text-muted"),
        f"{entry.command_line}\n\n{entry.text}",
    )
