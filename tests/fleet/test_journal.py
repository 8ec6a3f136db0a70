"""The journal's file: what goes in, what comes back, what becomes a script."""

import json
import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kvmtui.fleet.journal import Entry, Journal, as_script
from tests.fakes import wait_until

WHEN = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def entry(text: str = "started in 1 s", outcome: str = "done", command: tuple[tuple[str, ...], ...] | None = None) -> Entry:
    words = command or (("virsh", "-c", "test:///default", "start", "db 01"),)
    return Entry(WHEN, "test:///default", "db 01", "6695eb01-f6a4-8304-79aa-97f2502e193f", "domain.start", words, outcome, text)


async def test_entries_come_back_in_order_with_the_newest_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state" / "journal")
    for number in range(3):
        journal.append(entry(f"text {number}\nmore"))
    entries = await journal.read()
    assert [one.text for one in entries] == ["text 0\nmore", "text 1\nmore", "text 2\nmore"]
    assert entries[0].command == entry().command
    assert entries[0].time == WHEN
    assert len({one.key for one in entries}) == 3


async def test_the_file_is_its_users_alone_and_has_one_json_object_a_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state" / "journal")
    journal.append(entry("two\nlines"))
    await journal.read()
    assert journal.file is not None
    assert journal.file.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["text"] for line in journal.file.read_text().splitlines()] == ["two\nlines"]


async def test_broken_lines_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal = Journal(file)
    journal.append(entry("first"))
    await journal.read()
    with file.open("ab") as out:
        out.write(b'\xff\xfe{"time": \n[]\n{"time": "yesterday"}\nnull\n{"time": 3}\n')
    journal.append(entry("second"))
    assert [one.text for one in await journal.read()] == ["first", "second"]


async def test_what_someone_else_wrote_into_the_file_is_made_printable(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    values = {"time": WHEN.isoformat(), "host": "h\x1b[31m", "domain": "d\n", "uuid": "", "action": "", "command": [["a\x1b"]]}
    file.write_text(json.dumps(values | {"outcome": "done", "text": "\x07"}) + "\n")
    (one,) = await Journal(file).read()
    assert "\x1b" not in one.host + one.command_line
    assert "\x07" not in one.text


async def test_a_journal_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert await Journal(tmp_path / "journal").read() == ()


async def test_a_journal_that_cannot_be_written_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    said: list[str] = []
    journal = Journal(tmp_path / "state" / "journal", said.append)
    journal.append(entry())
    journal.append(entry())
    journal.close(timeout=5)
    await wait_until(lambda: said)
    assert len(said) == 1
    assert said[0].startswith("The journal cannot be written: ")
    assert journal.problem == said[0]


async def test_without_a_file_the_journal_lasts_as_long_as_the_program() -> None:
    journal = Journal(None)
    journal.append(entry("one"))
    assert [one.text for one in await journal.read()] == ["one"]


def test_the_script_comments_out_what_did_not_succeed() -> None:
    script = as_script([entry(), entry("Could not start db 01: no\x1b memory", "failed")])
    lines = script.splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[3] == "virsh -c test:///default start 'db 01'"
    assert lines[6] == "# virsh -c test:///default start 'db 01'"
    assert lines[5].endswith("db 01 on test:///default: Could not start db 01: no␛ memory")


def test_the_script_comments_out_an_edit_whose_file_is_gone() -> None:
    edit = replace(entry("XML changed", command=(("virsh", "define", "--validate", "file.xml"),)), action="domain.edit_xml")
    assert as_script([edit]).splitlines()[-1] == "# virsh define --validate file.xml"


def test_the_script_runs_exactly_the_words_that_were_written(tmp_path: Path) -> None:
    words = ("printf", "%s|", "a b", "$HOME", "it's", "two\nlines", "-x", "")
    failed = entry("x", "failed", (("touch", str(tmp_path / "never\nmade")),))
    script = as_script([failed, entry(command=(words,))])
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout == "a b|$HOME|it's|two\nlines|-x||"
    assert not list(tmp_path.iterdir())
    assert shlex.join(words) in script


def test_a_script_starts_with_its_interpreter_even_when_empty() -> None:
    assert as_script([]) == "#!/bin/sh\n"
