"""Keys that come while others wait."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.widgets import Input

from kvmtui.ui.type_ahead import TypeAheadApp


class _Typed(TypeAheadApp):
    def compose(self) -> ComposeResult:
        yield Input()


async def test_a_key_does_not_overtake_those_that_waited_when_they_are_let_go() -> None:
    app = _Typed()
    async with app.run_test() as pilot:
        app.hold_keys("a reason")
        for key in "ab":
            app.post_message(events.Key(key, key))
        await pilot.pause()
        app.post_message(events.Key("c", "c"))
        app.release_keys("a reason")
        await pilot.pause()
        await pilot.pause()
        assert app.query_one(Input).value == "abc"
