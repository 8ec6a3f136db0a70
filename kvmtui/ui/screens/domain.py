"""One domain, opened: overview, performance, XML and log. What is shown of each is made in `ui/widgets`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import ContentSwitcher

from kvmtui.fleet.opened import Documents, read_documents, read_log
from kvmtui.model.domain import Domain
from kvmtui.model.key import Key
from kvmtui.model.xml_diff import diff
from kvmtui.text import printable
from kvmtui.ui import editing
from kvmtui.ui.bindings import binding, bindings_of
from kvmtui.ui.screens.finding import FindingScreen, FindLine
from kvmtui.ui.widgets.event_log import log_lines
from kvmtui.ui.widgets.opened import TABS, DomainTitle, TabsLine
from kvmtui.ui.widgets.overview import Sight, overview_lines
from kvmtui.ui.widgets.performance import SPANS, performance_lines
from kvmtui.ui.widgets.text_lines import TextLine, TextLines
from kvmtui.ui.widgets.xml_lines import difference_lines, xml_lines

READ_AGAIN = 5.0
"""Seconds between two readings of the XML and the log: libvirt tells of few changes of a configuration."""

XML_KINDS = ("live", "persistent", "diff")


class DomainScreen(FindingScreen):
    """Shows one domain until the user leaves, even when it vanishes meanwhile."""

    KEY_HINTS = ("opened.next_tab", "domain.menu", "domain.edit_xml", "opened.find", "opened.copy", "opened.xml_kind", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("opened"), *bindings_of("domain"), binding("app.back", "back")]

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.domain_key = key
        self._domain: Domain | None = None
        self._is_gone = False
        self._documents = Documents()
        self._log: str | None = None
        self._log_problem = ""
        self._xml_kind = "live"
        self._span = SPANS[1]
        self._has_details = False
        self._clock: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the title, the tabs and the four texts."""
        yield DomainTitle(id="domain-title")
        yield TabsLine(id="domain-tabs")
        with ContentSwitcher(initial=TABS[0], id="domain-body"):
            for tab in TABS:
                yield TextLines(id=tab)
        yield FindLine()

    def on_mount(self) -> None:
        """Look at the domain closely from now on."""
        self._clock = self.set_interval(READ_AGAIN, self._read)
        self.text.focus()

    def on_screen_resume(self) -> None:
        """Catch up, and read what is not polled."""
        self.desk.fleet.look_at([self.domain_key], self.domain_key)
        if self._clock:
            self._clock.resume()
        super().on_screen_resume()
        self._read()

    def on_screen_suspend(self) -> None:
        """Rest while another screen is in front."""
        if self._clock:
            self._clock.pause()

    def focused_host(self) -> str | None:
        """Return the domain's host for the header."""
        return self.domain_key.host

    def fleet_changed(self) -> None:
        """Show the domain as it is now."""
        now = self.desk.fleet.domain(self.domain_key)
        view = self.desk.fleet.view(self.domain_key.host)
        before, self._domain = self._domain, now or self._domain
        self._is_gone = now is None and view.snapshot is not None
        age = None if view.is_current or view.snapshot is None else time.monotonic() - view.snapshot.taken
        self.query_one(DomainTitle).show(self._domain, view, is_gone=self._is_gone, age=age)
        self.text.set_class(self._is_gone or age is not None, "-stale")
        self._show_tab()
        if now and before and (now.state, now.id) != (before.state, before.id):
            self._read()

    # Tabs

    @property
    def tab(self) -> str:
        """The name of the tab in front."""
        return self.query_one(ContentSwitcher).current or TABS[0]

    @property
    def text(self) -> TextLines:
        """The text of the tab in front."""
        return self.query_one(f"#{self.tab}", TextLines)

    def open_tab(self, tab: str) -> None:
        """Bring a tab to the front."""
        self.query_one(ContentSwitcher).current = tab
        self.query_one(TabsLine).show(tab)
        self.forget_found()
        self.text.focus()
        self.fleet_changed()
        if tab == "log":
            self._read()

    def action_opened_next_tab(self) -> None:
        """Go to the next tab."""
        self.open_tab(TABS[(TABS.index(self.tab) + 1) % len(TABS)])

    def action_opened_previous_tab(self) -> None:
        """Go to the tab before."""
        self.open_tab(TABS[TABS.index(self.tab) - 1])

    @on(TabsLine.Chosen)
    def take_tab(self, event: TabsLine.Chosen) -> None:
        """Follow the mouse."""
        self.open_tab(event.tab)

    def _show_tab(self) -> None:
        match self.tab:
            case "overview":
                self._show_overview()
            case "performance":
                self._show_performance()
            case "xml":
                self.text.show(self._xml_lines())
            case _:
                events = self.desk.fleet.events(self.domain_key)
                self.text.show(log_lines(events, self._log, self._log_problem), follows=True)
        self.hits_changed()

    def _show_overview(self) -> None:
        if self._domain is None:
            self.text.show([(("Nothing is known of this domain yet.", "dim"),)])
            return
        documents = self._documents
        sight = Sight(
            self._domain, self.desk.fleet.detail(self.domain_key), documents.spec, documents.pending, documents.problem,
            self._has_details,
        )  # fmt: skip
        self.text.show_fitted(lambda width: overview_lines(sight, width))

    def _show_performance(self) -> None:
        if domain := self._domain:
            fleet, key = self.desk.fleet, self.domain_key
            detail, history = fleet.detail(key), fleet.history(key)
            self.text.show_fitted(lambda width: performance_lines(domain, detail, history, self._span, width))

    def hits_changed(self) -> None:
        """Say at the top which XML is shown, and how many places were found in it."""
        number, found = self.text.hit
        words = [f"{number}/{found} found"] if found else []
        if self.tab == "xml":
            words.insert(0, {"live": "live XML", "persistent": "persistent XML", "diff": "live → persistent"}[self._kind])
        self.set_status("  ".join(words))

    # XML

    @property
    def _kind(self) -> str:
        """Which XML is shown: the chosen one, or the only one that there is."""
        has_live = bool(self._documents.live) and self._domain is not None and self._domain.is_active
        has_persistent = bool(self._documents.persistent)
        return self._xml_kind if has_live and has_persistent else "live" if has_live else "persistent"

    def _xml_text(self) -> str:
        live, persistent = self._documents.live, self._documents.persistent
        if self._kind == "diff":
            return "\n".join(line.kind.value + line.text for line in diff(live, persistent))
        return persistent if self._kind == "persistent" else live

    def _xml_lines(self) -> Sequence[TextLine]:
        documents = self._documents
        if not documents.live and not documents.persistent:
            return [((documents.problem or "Reading…", "bad" if documents.problem else "dim"),)]
        if self._kind == "diff":
            changes = [((f"After a restart: {change}", "accent"),) for change in documents.pending]
            unchanged: list[TextLine] = [(("Nothing that a restart would change; what follows is there while it runs.", "dim"),)]
            return [*(changes or unchanged), (), *difference_lines(documents.live, documents.persistent)]
        return xml_lines(self._xml_text())

    def action_opened_xml_kind(self) -> None:
        """Show the next of live XML, persistent XML and their difference."""
        if self.tab != "xml":
            self.open_tab("xml")
            return
        if not (self._documents.live and self._documents.persistent and self._domain and self._domain.is_active):
            why = "transient" if self._kind == "live" else "not running"
            self.desk.say(f"There is only the {self._kind} XML: the domain is {why}.")
            return
        self._xml_kind = XML_KINDS[(XML_KINDS.index(self._xml_kind) + 1) % len(XML_KINDS)]
        self._show_tab()

    def action_opened_copy(self) -> None:
        """Copy the text shown."""
        if self.tab == "xml":
            self.desk.copy(self._xml_text(), f"the {self._kind} XML" if self._kind != "diff" else "the difference")
        else:
            text = "\n".join("".join(piece for piece, _ in line).rstrip() for line in self.text.lines)
            self.desk.copy(text, f"the {self.tab}")

    # What else can be changed about the view

    def action_opened_details(self) -> None:
        """Show or hide all that the XML says of each device."""
        self._has_details = not self._has_details
        if self.tab == "overview":
            self._show_tab()
        else:
            self.open_tab("overview")

    def action_opened_span(self) -> None:
        """Look at a longer or shorter past."""
        if self.tab == "performance":
            self._span = SPANS[(SPANS.index(self._span) + 1) % len(SPANS)]
            self._show_tab()
        else:
            self.open_tab("performance")

    def action_back(self) -> None:
        """Close the search, or leave."""
        if self.forget_found():
            self.text.focus()
        else:
            self.app.pop_screen()

    # Actions on the domain

    async def action_perform(self, action_id: str) -> None:
        """Do one of the actions on domains to this one."""
        domain = self._domain
        if domain is None or self._is_gone:
            self.desk.say("This domain no longer exists.", "warning")
        elif action_id in editing.EDITS:
            editing.open_editor(self.desk, action_id, domain)
        else:
            await self.desk.perform(action_id, [domain])

    async def action_domain_menu(self) -> None:
        """Offer everything that can be done to this domain."""
        if self._domain is not None and not self._is_gone:
            await self.desk.perform_menu([self._domain])

    def action_opened_undo_edit(self) -> None:
        """Put the XML back as it was before the last edit."""
        if self._domain is not None:
            editing.undo_edit(self.desk, self._domain)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what a read-only session or a vanished domain does not allow."""
        if action == "perform" and (self._is_gone or (self.desk.is_read_only and parameters[0] in editing.EDITS)):
            return None
        return super().check_action(action, parameters)

    # Reading

    @work(exclusive=True, group="documents", exit_on_error=False)
    async def _read(self) -> None:
        """Read the XML, and the log when it is shown, where the host answers."""
        host = self.desk.fleet.hosts.get(self.domain_key.host)
        if host is None or self._domain is None or self._is_gone:
            return
        try:
            self._documents = await read_documents(host, self._domain, self._documents, with_secrets=not self._is_read_only)
            if self.tab == "log":
                self._log, self._log_problem = await read_log(host, self._domain.name)
        except Exception as error:  # noqa: BLE001 - otherwise it would say "Reading…" for ever
            problem = printable(f"Could not read the domain: {type(error).__name__}: {error}")
            self._documents = replace(self._documents, problem=problem)
        self._show_tab()

    @property
    def has_read(self) -> bool:
        """Whether the XML was read, or could not be."""
        return bool(self._documents.live or self._documents.problem)

    @property
    def _is_read_only(self) -> bool:
        facts = self.desk.fleet.view(self.domain_key.host).facts
        return self.desk.is_read_only or (facts is not None and facts.is_read_only)
