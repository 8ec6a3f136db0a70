"""The user's own editor on a text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App

from kvmtui.model.failure import Failure
from kvmtui.ui.outside_editor import edit_outside, editor_words


class Terminal:
    """What an app gives up for the editor."""

    def __init__(self) -> None:
        self.is_given_up = False

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.is_given_up = True
        yield
        self.is_given_up = False


def app() -> App[Any]:
    return cast("App[Any]", Terminal())


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a script the user's editor; return it, to be written."""
    script = tmp_path / "my editor"
    script.touch(mode=0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{script}' --wait")
    return script


def test_the_text_comes_back_as_the_editor_leaves_it(editor: Path) -> None:
    editor.write_text("#!/bin/sh\nprintf 'and more' >> \"$2\"\n")
    assert edit_outside(app(), "text\x9b\n", "web") == "text\x9b\nand more"


def test_only_the_user_can_read_the_file_and_nothing_of_it_stays(editor: Path, tmp_path: Path) -> None:
    editor.write_text(f'#!/bin/sh\nstat -c %a "$2" "$(dirname "$2")" > {tmp_path}/modes\necho "$2" > {tmp_path}/path\n')
    edit_outside(app(), "secret", "../../web 1")
    assert (tmp_path / "modes").read_text().split() == ["600", "700"]
    path = Path((tmp_path / "path").read_text().strip())
    assert path.name == "_.._web_1.xml"
    assert not path.parent.exists()


def test_an_editor_that_fails_gives_nothing(editor: Path) -> None:
    editor.write_text('#!/bin/sh\n: > "$2"\nexit 3\n')
    with pytest.raises(Failure, match="status 3"):
        edit_outside(app(), "text", "web")


def test_an_editor_that_is_not_there_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "/nowhere/editor")
    with pytest.raises(Failure, match="Set \\$EDITOR"):
        edit_outside(app(), "text", "web")


def test_visual_goes_before_editor_and_vi_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "emacs -nw")
    monkeypatch.setenv("EDITOR", "nano")
    assert editor_words() == ["emacs", "-nw"]
    monkeypatch.delenv("VISUAL")
    assert editor_words() == ["nano"]
    monkeypatch.delenv("EDITOR")
    assert editor_words() == ["vi"]
