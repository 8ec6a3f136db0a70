"""The user's own editor on a text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App

from kvmtui.model.failure import Failure
from kvmtui.ui.outside_editor import edit_outside, editor_words
from tests.fakes import wait_until


class Terminal:
    """What an app gives up for the editor."""

    def __init__(self) -> None:
        self.is_given_up = False
        self.is_still = False
        self.return_code: int | None = None

    @contextmanager
    def batch_update(self) -> Iterator[None]:
        self.is_still = True
        yield
        self.is_still = False

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.is_given_up = True
        yield
        self.is_given_up = False


def app(terminal: Terminal | None = None) -> App[Any]:
    return cast("App[Any]", terminal or Terminal())


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a script the user's editor; return it, to be written."""
    script = tmp_path / "my editor"
    script.touch(mode=0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{script}' --wait")
    return script


def script(path: Path, text: str) -> None:
    path.write_text(text)


async def test_the_text_comes_back_as_the_editor_leaves_it(editor: Path) -> None:
    script(editor, "#!/bin/sh\nprintf 'and more' >> \"$2\"\n")
    assert await edit_outside(app(), "text\x9b\n", "web") == "text\x9b\nand more"


async def test_only_the_user_can_read_the_file_and_nothing_of_it_stays(editor: Path, tmp_path: Path) -> None:
    script(editor, f'#!/bin/sh\nstat -c %a "$2" "$(dirname "$2")" > {tmp_path}/modes\necho "$2" > {tmp_path}/path\n')
    await edit_outside(app(), "secret", "../../web 1")
    assert (tmp_path / "modes").read_text().split() == ["600", "700"]
    path = Path((tmp_path / "path").read_text().strip())
    assert path.name == "_.._web_1.xml"
    assert not path.parent.exists()


async def test_an_editor_that_fails_gives_nothing(editor: Path) -> None:
    script(editor, '#!/bin/sh\n: > "$2"\nexit 3\n')
    with pytest.raises(Failure, match="status 3"):
        await edit_outside(app(), "text", "web")


async def test_an_editor_that_is_not_there_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "/nowhere/editor")
    terminal = Terminal()
    with pytest.raises(Failure, match="Set \\$EDITOR"):
        await edit_outside(app(terminal), "text", "web")
    assert not terminal.is_given_up


async def test_the_program_goes_on_while_the_editor_is_open_but_draws_nothing(editor: Path, tmp_path: Path) -> None:
    waits = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    script(editor, f'#!/bin/sh\necho > {tmp_path}/open\n{waits}\nprintf done > "$2"\n')
    terminal = Terminal()
    edit = asyncio.create_task(edit_outside(app(terminal), "text", "web"))
    await wait_until((tmp_path / "open").exists)
    assert terminal.is_given_up
    assert terminal.is_still
    (tmp_path / "go").touch()
    assert await edit == "done"
    assert not terminal.is_given_up
    assert not terminal.is_still


@pytest.mark.parametrize("code", [None, 143])
async def test_an_editor_ends_with_what_waits_for_it(editor: Path, tmp_path: Path, code: int | None) -> None:
    script(editor, f"#!/bin/sh\necho $$ > {tmp_path}/new\nmv {tmp_path}/new {tmp_path}/open\nexec sleep 60\n")
    terminal = Terminal()
    terminal.return_code = code
    edit = asyncio.create_task(edit_outside(app(terminal), "text", "web"))
    await wait_until((tmp_path / "open").exists)
    edit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await edit
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "open").read_text()), 0)
    assert terminal.is_given_up is (code is not None)  # an app that ends does not take the terminal again


@pytest.mark.parametrize("words", ['vi "', "emacs 'x"])
async def test_quotation_marks_that_do_not_match_are_a_failure(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", words)
    with pytest.raises(Failure, match=r"\$EDITOR is .*No closing quotation.*Correct \$EDITOR"):
        await edit_outside(app(), "text", "web")


def test_an_editor_of_blanks_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", " ")
    monkeypatch.setenv("EDITOR", "nano")
    assert editor_words() == ["nano"]


def test_visual_goes_before_editor_and_vi_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "emacs -nw")
    monkeypatch.setenv("EDITOR", "nano")
    assert editor_words() == ["emacs", "-nw"]
    monkeypatch.delenv("VISUAL")
    assert editor_words() == ["nano"]
    monkeypatch.delenv("EDITOR")
    assert editor_words() == ["vi"]
