"""The app: wires hosts, screens, theme, keys and palette together; decides nothing about domains."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from textual.app import ScreenStackError
from textual.binding import BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.screen import Screen

from kvmtui.backend.protocol import Host
from kvmtui.config import Config
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.journal import Journal
from kvmtui.fleet.memory import Memory
from kvmtui.fleet.tasks import Tasks
from kvmtui.keys import ACTIONS
from kvmtui.model.domain import Domain
from kvmtui.model.host import Link
from kvmtui.ui import themes
from kvmtui.ui.bindings import bindings_of
from kvmtui.ui.desk import DeskScreen, Severity
from kvmtui.ui.line_filters import last_filters
from kvmtui.ui.screens.domains import DomainsScreen
from kvmtui.ui.screens.unreachable import UnreachableScreen
from kvmtui.ui.type_ahead import TypeAheadApp
from kvmtui.ui.widgets.frame import KeyLine
from kvmtui.ui.widgets.glyphs import choose as choose_glyphs

MESSAGES_KEPT = 1_000
FRAME = 0.01
"""Seconds in which changes of the fleet are gathered before they are shown."""

HostMaker = Callable[[str, bool], Host]
"""Makes a host from a URI and whether it is to be read only."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of news, as it was shown."""

    when: datetime
    severity: Severity
    text: str


def _tasks_screen() -> Screen[None]:
    from kvmtui.ui.screens.tasks import TasksScreen

    return TasksScreen()


def _journal_screen() -> Screen[None]:
    from kvmtui.ui.screens.journal import JournalScreen

    return JournalScreen()


class KvmtuiApp(TypeAheadApp, inherit_bindings=False):
    """kvmtui on one terminal."""

    CSS_PATH = [f"styles/{area}.tcss" for area in ("app", "table", "domains", "dialogs", "tasks", "domain")]
    TITLE = "kvmtui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("app")]
    MODES = {"tasks": _tasks_screen, "journal": _journal_screen}
    DEFAULT_MODE = "domains"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = set()
    ENABLE_COMMAND_PALETTE = False
    INLINE_PADDING = 0
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self,
        hosts: Sequence[Host],
        config: Config,
        *,
        make_host: HostMaker | None = None,
        demo: str = "",
        memory: Memory | None = None,
        journal: Journal | None = None,
        crash_log: Path | None = None,
    ) -> None:
        """Take what the command line has prepared.

        Args:
            hosts: the hosts to show; their connections may be under way.
            config: the user's settings.
            make_host: makes further hosts ("connect to…", read-only); without it there are none.
            demo: the URI of the demo host, offered when a host cannot be reached.
            memory: what was remembered; without it nothing outlives this run.
            journal: where changes are written down; without it nothing outlives this run.
            crash_log: the file that a traceback goes to if the program fails.
        """
        super().__init__()
        self.config = config
        self.fleet = Fleet(hosts)
        self.memory = memory or Memory(None)
        self.journal = journal or Journal(None)
        self.tasks = Tasks(self.fleet, self.journal, patience=config.shutdown_patience)
        self.messages: list[Message] = []
        self.demo = demo
        self.last_command: str = ""
        self._make_host = make_host
        self._crash_log = crash_log
        self._is_frame_due = False
        choose_glyphs(config.glyphs)
        self._last_filters = last_filters(is_colourless=self.no_color)
        themes.register(self)
        colours = None if self.no_color else self.console.color_system
        self.theme = themes.startup_theme(config.theme or self.memory.get("theme", ""), colours)

    @property
    def is_read_only(self) -> bool:
        """Whether every host is read only."""
        return self.config.read_only

    def get_default_screen(self) -> Screen[None]:
        """Start with the domains; a mode that is none yet saves Textual from parsing the style sheets twice."""
        return DomainsScreen()

    def on_mount(self) -> None:
        """Start the hosts once the empty frame is on the screen."""
        self.add_mode(self.DEFAULT_MODE, DomainsScreen)
        self.set_keymap({id_: ",".join(keys) for id_, keys in self.config.keys.items() if keys != ACTIONS[id_].keys})
        self.fleet.subscribe(self._schedule_frame)
        self.tasks.subscribe(self._schedule_frame)
        self.journal.on_problem = lambda problem: self.say(problem, "warning")
        self.fleet.start()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(ValueError, RuntimeError):  # not the main thread: tests
                loop.add_signal_handler(number, self.exit, None, 128 + number)

    def on_unmount(self) -> None:
        """Let go of everything without waiting for any of it."""
        self.tasks.close()
        self.fleet.close()
        self.memory.flush()
        self.journal.close()

    # What screens and dialogs ask for

    def say(self, text: str, severity: Severity = "information") -> None:
        """Show one line of news, and keep it in the messages."""
        self.messages.append(Message(datetime.now(UTC), severity, text))
        del self.messages[:-MESSAGES_KEPT]
        if screen := self._desk_screen():
            screen.query_one(KeyLine).show_message(text.partition("\n")[0], severity)

    def copy(self, text: str, what: str) -> None:
        """Put text on the user's clipboard by OSC 52 and say so."""
        self.copy_to_clipboard(text)
        self.say(f"Copied {what}.")

    async def perform(self, action_id: str, domains: Sequence[Domain]) -> None:
        """Do a domain action from asking to reporting."""
        from kvmtui.ui.acting import perform

        await perform(self, action_id, domains)

    async def perform_menu(self, domains: Sequence[Domain]) -> None:
        """Offer all domain actions for these domains."""
        from kvmtui.ui.acting import open_menu

        await open_menu(self, domains)

    def set_read_only(self, is_read_only: bool) -> None:
        """Reconnect every host with or without the right to write."""
        if not self._make_host:
            self.say("This session cannot reconnect.", "warning")
            return
        self.config = replace(self.config, read_only=is_read_only)
        for key in tuple(self.fleet.hosts):
            self.fleet.replace(self._make_host(key, is_read_only))
        self.say("Reconnecting read-only." if is_read_only else "Reconnecting with full access.")
        self.refresh_bindings()

    def connect(self, uri: str) -> None:
        """Add a host."""
        address = self.config.uri(uri.strip())
        if not self._make_host or address in self.fleet.hosts:
            reason = "is connected already" if address in self.fleet.hosts else "cannot be added to this session"
            self.say(f"{address} {reason}.", "warning")
            return
        self.fleet.add(self._make_host(address, self.config.read_only))

    def only_connect(self, uri: str) -> None:
        """Show this host in place of all others."""
        if self._make_host:
            for key in tuple(self.fleet.hosts):
                self.fleet.remove(key)
            self.connect(uri)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every line passes before it is written; the last ones keep harm from the terminal."""
        return [*super().get_line_filters(), *self._last_filters]

    # Showing what changed

    def _schedule_frame(self) -> None:
        if not self._is_frame_due:
            self._is_frame_due = True
            asyncio.get_running_loop().call_later(FRAME, self._show_frame)

    def _show_frame(self) -> None:
        self._is_frame_due = False
        screen = self._desk_screen()
        if not self.is_running:
            return
        if screen is None or not screen.is_mounted:
            self._schedule_frame()  # what a host answered before there was a screen must not be missed
            return
        try:
            with self.batch_update():
                screen.show_frame()
                screen.fleet_changed()
            self._show_or_hide_problem()
        except Exception as error:  # noqa: BLE001 - outside a handler nobody else would report it
            self._handle_exception(error)

    def _desk_screen(self) -> DeskScreen | None:
        try:
            stack = self.screen_stack
        except ScreenStackError:
            return None
        return next((screen for screen in reversed(stack) if isinstance(screen, DeskScreen)), None)

    def _show_or_hide_problem(self) -> None:
        views = self.fleet.views
        is_hopeless = bool(views) and all(view.link is Link.LOST and view.snapshot is None for view in views)
        shown = isinstance(self.screen, UnreachableScreen)
        if is_hopeless and not shown and self.current_mode == self.DEFAULT_MODE and len(self.screen_stack) == 1:
            self.push_screen(UnreachableScreen())
        elif shown and any(view.snapshot for view in views):
            self.pop_screen()

    # Actions of the areas "app" and "view"

    def action_view_domains(self) -> None:
        """Show the domains."""
        self.switch_mode(self.DEFAULT_MODE)

    def action_view_tasks(self) -> None:
        """Show the tasks."""
        self.switch_mode("tasks")

    def action_view_journal(self) -> None:
        """Show the journal."""
        self.switch_mode("journal")

    def action_app_help(self) -> None:
        """Show the keys that work here."""
        from kvmtui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.config.keys, _areas_of(self.screen), is_read_only=self.is_read_only))

    def action_app_messages(self) -> None:
        """Show the messages of this session."""
        from kvmtui.ui.screens.messages import MessagesScreen

        self.push_screen(MessagesScreen(self.messages))

    def action_app_palette(self) -> None:
        """Find any action by a few letters."""
        from textual.command import CommandPalette

        from kvmtui.ui.palette import DeskCommands

        self.push_screen(CommandPalette(providers=[DeskCommands], placeholder="Action or domain…"))

    def action_app_command(self) -> None:
        """Type a command."""
        from kvmtui.ui.screens.command_line import CommandLine

        self.push_screen(CommandLine(), self._obey)

    def action_app_refresh(self) -> None:
        """Read everything again now."""
        for host in self.fleet.hosts.values():
            host.poll_soon()

    def action_app_redraw(self) -> None:
        """Draw the whole screen again."""
        self.screen.refresh(layout=True)

    async def action_app_quit(self) -> None:
        """Leave the screen; at the top, leave the program."""
        if len(self.screen_stack) > 1 and not isinstance(self.screen, UnreachableScreen):
            self.pop_screen()
        elif self.current_mode != self.DEFAULT_MODE:
            self.switch_mode(self.DEFAULT_MODE)
        else:
            self.action_app_exit()

    def action_app_back(self) -> None:
        """Leave a screen that lies over a view."""
        if len(self.screen_stack) > 1 and not isinstance(self.screen, UnreachableScreen):
            self.pop_screen()

    def action_app_exit(self) -> None:
        """Leave the program; text that would be lost keeps it."""
        focused = self.focused
        if selected := getattr(focused, "selected_text", ""):
            self.copy(selected, "the selection")
            return
        screens = (screen for stack in self._screen_stacks.values() for screen in stack)
        dirty = next((screen for screen in screens if getattr(screen, "is_dirty", False)), None)
        if dirty is not None:
            self.say("The editor holds changes: apply them, or leave it with Esc first.", "warning")
            return
        self.exit()

    def action_app_suspend(self) -> None:
        """Put the program in the background."""
        self.action_suspend_process()

    def action_app_theme(self) -> None:
        """Take the next theme."""
        self.theme = themes.next_theme(self.theme)
        self.memory.set("theme", themes.name_of(self.theme))
        self.say(f"Theme: {themes.name_of(self.theme)}")

    def action_app_copy_command(self) -> None:
        """Copy the command shown last."""
        if self.last_command:
            self.copy(self.last_command, "the command")
        else:
            self.say("No command was shown yet.")

    def action_app_header(self) -> None:
        """Fold the header away, or show it again."""
        if screen := self._desk_screen():
            screen.toggle_class("-no-header")

    def action_app_read_only(self) -> None:
        """Change between read-only and full access."""
        self.set_read_only(not self.config.read_only)

    async def action_app_connect(self) -> None:
        """Connect to another host."""
        from kvmtui.ui.screens.connect import ask_for_uri

        ask_for_uri(self, self.config.hosts, self.connect)

    async def _obey(self, line: str | None) -> None:
        if line:
            from kvmtui.ui.commands import obey

            await obey(self, line)

    def _handle_exception(self, error: Exception) -> None:
        """Leave with one sentence; the traceback goes to a file (Textual would print it)."""
        if self._crash_log is None:
            super()._handle_exception(error)
            return
        self._return_code = 1
        with contextlib.suppress(OSError):
            self._crash_log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._crash_log.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC).isoformat()}\n{''.join(traceback.format_exception(error))}\n")
        self.exit(return_code=1, message=f"kvmtui failed: {type(error).__name__}. The details are in {self._crash_log}")


def _areas_of(screen: Screen[object]) -> tuple[str, ...]:
    """Return the areas of the key table that work on a screen."""
    ids = {active.binding.id or "" for active in screen.active_bindings.values()}
    return tuple(sorted({id_.partition(".")[0] for id_ in ids if "." in id_}))
