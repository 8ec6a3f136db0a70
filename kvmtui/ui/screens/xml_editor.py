"""The XML editor: a text area around what `ui/editing.py` does with its text. The text is never lost."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static, TextArea

from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure
from kvmtui.model.host import Link
from kvmtui.text import printable
from kvmtui.ui import editing
from kvmtui.ui.bindings import binding
from kvmtui.ui.desk import DeskScreen
from kvmtui.ui.dialogs.xml_changes import ChoiceOfThree
from kvmtui.ui.outside_editor import edit_outside
from kvmtui.ui.widgets.glyphs import glyphs

_VANISHING = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff\u00ad]")


def _harmless(character: str) -> str:
    return character if character == "\t" else printable(_VANISHING.sub("\ufffd", character))


class XmlArea(TextArea):
    """A text area that shows foreign characters harmlessly; the text itself stays as it is."""

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn: one character for each of the text's, none that a terminal obeys."""
        line = super().get_line(line_index)
        if line.plain.isascii() and line.plain.isprintable():
            return line
        line.plain = "".join(map(_harmless, line.plain))
        return line

    async def _on_key(self, event: events.Key) -> None:
        """Obey a key of its own at once: Textual runs bindings later than it types, so that in "Down, x" x would overtake."""
        bound = self._bindings.key_to_bindings.get(event.key)
        if bound and self.has_focus:
            event.stop()
            event.prevent_default()
            await self.run_action(bound[0].action)
        elif event.key == "escape":
            event.prevent_default()  # TextArea would move the focus with it


class XmlEditor(DeskScreen):
    """Edits the persistent XML of one domain."""

    KEY_HINTS = ("editor.apply", "editor.outside", "app.back")
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("editor.apply"),
        binding("editor.outside"),
        binding("app.back", "leave"),
    ]

    def __init__(self, domain: Domain, xml: str, *, is_outside: bool = False) -> None:
        """Edit `xml`, which is what libvirt has now; `is_outside` begins in the user's own editor."""
        super().__init__()
        self._domain = domain
        self._base = xml
        self._starts_outside = is_outside
        self._unanswered: str | None = None
        """The text of which is not known whether libvirt took it."""

    def compose_body(self) -> ComposeResult:
        """Yield the title, the text and a place for what is wrong with it."""
        yield Static(id="domain-title")
        area = XmlArea.code_editor(self._base, language=None, theme="css", id="xml-area", tab_behavior="indent")
        yield area
        yield Static(id="editor-problem")

    def on_mount(self) -> None:
        """Colour the text where that is installed, and begin."""
        area = self.query_one(XmlArea)
        area.indent_width = 2
        if "xml" in area.available_languages and _has_syntax():
            area.language = "xml"
            if not self.app.native_ansi_color:
                area.theme = "monokai" if self.app.current_theme.dark else "github_light"
        area.focus()
        if self._starts_outside:
            self.call_after_refresh(self.action_editor_outside)

    @property
    def is_dirty(self) -> bool:
        """Whether leaving would lose something."""
        return self._text != self._base

    @property
    def _text(self) -> str:
        return self.query_one(XmlArea).text

    def focused_host(self) -> str | None:
        """Return the domain's host for the header."""
        return self._domain.key.host

    def fleet_changed(self) -> None:
        """Say when the domain is gone or its host does not answer; the text stays."""
        view = self.desk.fleet.view(self._domain.key.host)
        now = self.desk.fleet.domain(self._domain.key)
        self._domain = now or self._domain
        note, style = "persistent XML", "$text-muted"
        if view.link is not Link.UP:
            note, style = f"{glyphs().warning} {view.link.value}: the text can be applied once it is back", "$text-warning"
        elif now is None:
            note, style = f"{glyphs().warning} no longer exists: applying defines it again", "$text-warning"
        name = (f" {self._domain.name}  ", "bold")
        self.query_one("#domain-title", Static).update(Content.assemble(name, (note, style)))
        if self._unanswered is not None and view.is_current and not self._is_comparing:
            self._compare(self._unanswered)

    @work(exclusive=True, group="applying", exit_on_error=True)
    async def action_editor_apply(self) -> None:
        """Check the text, show what it changes, define it and leave."""
        if not self.is_dirty:
            self.desk.say("Nothing was changed.")
            return
        text = self._text
        self._unanswered = None
        self._show_problem("")
        try:
            if done := await editing.apply(self.desk, self._domain, self._base, text):
                self._base = text
                self._leave(done)
        except editing.Unanswered as unanswered:
            self._unanswered = text
            self._show_failure(unanswered.failure)
        except editing.Refused as refused:
            self._show_failure(refused.failure)
        except editing.ChangedMeanwhile as changed:
            await self._reload(changed.xml)

    @property
    def _is_comparing(self) -> bool:
        return any(worker.group == "comparing" and not worker.is_finished for worker in self.workers)

    @work(exclusive=True, group="comparing", exit_on_error=True)
    async def _compare(self, text: str) -> None:
        """Say what became of a change whose answer was lost, now that the host answers again."""
        try:
            has_it, sentence = await editing.outcome(self.desk, self._domain, self._base, text)
        except (Failure, editing.Refused):
            return  # the next change of the fleet asks again
        if self._unanswered != text:
            return
        self._unanswered = None
        if has_it:
            self._base = text
            self._show_problem("")
        else:
            self._show_problem(sentence)
        self.desk.say(sentence, "information" if has_it else "warning")

    async def _reload(self, xml: str) -> None:
        try:
            await editing.keep(self._domain, self._text, is_draft=True)
        except OSError as error:
            self._show_problem(f"Your text could not be kept, so it stays: {printable(str(error))}")
            return
        self._base = xml
        self.query_one(XmlArea).text = xml
        self.desk.say("This is the XML as it is now. Your text is kept as a draft in the XML history.")

    @work(exclusive=True, group="outside", exit_on_error=True)
    async def action_editor_outside(self) -> None:
        """Go on in the user's own editor; what it leaves is applied when it differs."""
        try:
            text = await edit_outside(self.app, self._text, self._domain.name)
        except Failure as failure:
            self._show_failure(failure)
            return
        area = self.query_one(XmlArea)
        if text != area.text:
            area.text = text
        if self.is_dirty:
            self.action_editor_apply()
        elif self._starts_outside:
            self._leave("Nothing was changed.")

    @work(exclusive=True, group="leaving", exit_on_error=True)
    async def action_leave(self) -> None:
        """Leave; ask first when that loses changes."""
        if self.is_dirty:
            dialog = ChoiceOfThree(
                "Leave the editor?",
                f"The XML of {self._domain.name} was changed here and not applied.",
                (("d", "discard", "forget the changes."), ("a", "apply", "check them and define the domain.")),
            )
            answer = await self.app.push_screen_wait(dialog)
            if answer == "apply":
                self.action_editor_apply()
            if answer != "discard":
                return
        self._leave()

    def _leave(self, news: str = "") -> None:
        """Go back to the screen below and say the news there."""
        if self.is_current:
            self.dismiss(None)
        if news:
            self.app.call_later(self.desk.say, news)

    def _show_failure(self, failure: Failure) -> None:
        where = f"line {failure.line}: " if failure.line else ""
        self._show_problem(f"{where}{failure.said.strip()} {failure.advice}".strip())
        if failure.line:
            area = self.query_one(XmlArea)
            area.move_cursor((min(failure.line, area.document.line_count) - 1, 0), center=True)
        self.query_one(XmlArea).focus()

    def _show_problem(self, problem: str) -> None:
        text = f" {glyphs().bad} {problem}" if problem else ""
        shown = self.query_one("#editor-problem", Static)
        shown.update(Content(text))
        shown.set_class(bool(problem), "-shown")


def _has_syntax() -> bool:
    """Return whether the optional package for colours is installed."""
    from importlib.util import find_spec

    return find_spec("tree_sitter_xml") is not None
