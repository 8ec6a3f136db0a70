"""Fields to fill in before something is done, with the command that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Select, Static, TextArea

from kvmtui.fleet.action import Field, FieldKind
from kvmtui.model.domain import Domain
from kvmtui.ui.dialogs.base import Dialog, command_line
from kvmtui.ui.dialogs.paths import PathSuggester

Answers = dict[str, str]


class FormDialog(Dialog[Answers]):
    """Asks for the fields; Enter applies when none has a problem. The answer is the fields' values by name."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "apply", show=False)]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        values: Mapping[str, str],
        targets: Sequence[Domain] = (),
        *,
        command: Callable[[Answers], str] | None = None,
        consequence: str = "",
    ) -> None:
        """Make a form.

        Args:
            title: what it is for.
            fields: what is asked.
            values: what stands in the fields at first, by name.
            targets: the domains that it is about.
            command: makes the command line of the answers; shown while they are typed.
            consequence: a sentence above the fields; empty for none.
        """
        has_lines = any(field.kind is FieldKind.LINES for field in fields)
        hint = "Ctrl-S applies · Esc cancels" if has_lines else "Enter applies · Esc cancels"
        super().__init__(title, targets, hint=hint, classes="-form")
        self._fields = tuple(fields)
        self._values = dict(values)
        self._command = command
        self._consequence = consequence

    def compose_body(self) -> ComposeResult:
        """Yield the fields, each with room for what is wrong with it, and the command."""
        with VerticalScroll(id="form-fields", can_focus=False):
            if self._consequence:
                yield Static(Content(self._consequence), classes="-consequence")
            for field in self._fields:
                yield Static(Content.assemble(field.label, (f"  {field.hint}" if field.hint else "", "$text-muted")))
                yield self._widget(field)
                yield Static(id=f"problem-{field.name}", classes="-problem")
        yield Static(id="form-command", classes="-command")

    def on_mount(self) -> None:
        """Put the cursor into the first field."""
        super().on_mount()
        self._show_command()
        self.query_one(f"#field-{self._fields[0].name}").focus()

    @property
    def is_dirty(self) -> bool:
        """Whether something was changed."""
        return self.answers() != {field.name: self._values.get(field.name, "") for field in self._fields}

    def answers(self) -> Answers:
        """Return what stands in the fields."""
        return {field.name: self._answer(field) for field in self._fields}

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    def field_changed(self) -> None:
        """Show the command as it now is; a problem that is gone is said no more."""
        problems = self._problems()
        for field in self._fields:
            if field.name not in problems:
                self._say(field, "")
        self._show_command()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Apply."""
        event.stop()
        self.action_apply()

    def action_apply(self) -> None:
        """Answer with the fields' values, or say what is wrong with them."""
        problems = {} if self.is_disarmed else self._problems()
        for field in self._fields:
            self._say(field, problems.get(field.name, ""))
        if problems:
            self.query_one(f"#field-{next(iter(problems))}").focus()
        else:
            self.answer(self.answers())

    def _widget(self, field: Field) -> Widget:
        value, id_ = self._values.get(field.name, ""), f"field-{field.name}"
        if field.kind is FieldKind.LINES:
            return TextArea(value, id=id_, compact=True, tab_behavior="focus")
        if field.kind is FieldKind.CHOICE:
            options = [(Content(label), choice) for choice, label in field.choices]
            return Select(options, value=value, allow_blank=False, id=id_, compact=True)
        suggester = PathSuggester() if field.kind is FieldKind.PATH else None
        return Input(value, id=id_, compact=True, suggester=suggester, select_on_focus=False)

    def _answer(self, field: Field) -> str:
        widget = self.query_one(f"#field-{field.name}")
        if isinstance(widget, TextArea):
            return widget.text
        if isinstance(widget, Input):
            return widget.value
        assert isinstance(widget, Select)
        return str(widget.value)

    def _problems(self) -> dict[str, str]:
        answers = self.answers()
        domain = self.targets[0] if len(self.targets) == 1 else None
        found = {field.name: field.problem(answers[field.name], domain) for field in self._fields}
        return {name: sentence for name, sentence in found.items() if sentence}

    def _say(self, field: Field, problem: str) -> None:
        self.query_one(f"#problem-{field.name}", Static).update(Content(problem))

    def _show_command(self) -> None:
        shown = self._command(self.answers()) if self._command and not self._problems() else ""
        self.query_one("#form-command", Static).update(command_line(shown) if shown else Content(""))


class PromptDialog(FormDialog):
    """Asks for one line of text or a path; the answer has it under "value"."""

    def __init__(
        self,
        title: str,
        label: str,
        value: str = "",
        *,
        kind: FieldKind = FieldKind.TEXT,
        hint: str = "",
        problem: Callable[[str], str | None] | None = None,
    ) -> None:
        """Ask for `label`; `problem` says what is wrong with an answer."""
        check = problem or (lambda _answer: None)
        field = Field("value", label, kind, hint=hint, problem=lambda answer, _domain: check(answer))
        super().__init__(title, [field], {"value": value})
