"""A table as a file: CSV or JSON, with the columns that are shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from textual.app import App

from kvmtui.fleet.action import FieldKind
from kvmtui.fleet.actions_guest import files_lane
from kvmtui.fleet.files import exists, write_atomically
from kvmtui.model.failure import Failure
from kvmtui.text import printable, several
from kvmtui.ui.desk import Desk
from kvmtui.ui.dialogs.form import PromptDialog
from kvmtui.ui.widgets.cells import plain
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.table import Table

SUFFIXES = (".csv", ".json")
DEADLINE = 10.0


async def save(desk: Desk, table: Table[Any], name: str) -> None:
    """Ask for a file, and write the rows that the table shows there; an existing file is left alone.

    Args:
        desk: the app.
        table: whose rows and columns are written.
        name: what the file is called unless the user says otherwise, without suffix.
    """
    rows, columns = tuple(table.rows), table.columns
    title = f"Save {several(len(rows), 'row')}"
    dialog = PromptDialog(
        title, "File", f"{name}.csv", kind=FieldKind.PATH, hint=" or ".join(SUFFIXES), problem=_path_problem
    )  # fmt: skip
    answers = await cast("App[Any]", desk).push_screen_wait(dialog)
    if answers is None:
        return
    try:
        desk.say(await files_lane().call(lambda: _write(Path(answers["value"]), columns, rows), DEADLINE))
    except Failure as failure:
        desk.say(str(failure), "error")
    except TimeoutError:
        desk.say("Could not save the table: the disk does not answer.", "error")


def _path_problem(answer: str) -> str | None:
    return None if answer.endswith(SUFFIXES) else f"The name must end with {' or '.join(SUFFIXES)}."


def _write(path: Path, columns: Sequence[Column[Any]], rows: Sequence[Any]) -> str:
    """Write the file and return what to say. Blocks."""
    file, shown = path.expanduser(), printable(str(path))
    if exists(file):
        return f"{shown} exists already; nothing was written."
    write_atomically(file, as_file(columns, rows, file.suffix).encode(), 0o644, "save the table")
    return f"{several(len(rows), 'row')} saved in {shown}."


def as_text(columns: Sequence[Column[Any]], row: Any) -> str:
    """Return a row as one line, its cells two blanks apart."""
    return "  ".join(words for column in columns if (words := _words(column, row)))


def as_file(columns: Sequence[Column[Any]], rows: Iterable[Any], suffix: str) -> str:
    """Return rows as the content of a file.

    Args:
        columns: what is written of each row; their ids become the heading.
        rows: in their order.
        suffix: one of `SUFFIXES`.
    """
    cells = [[_words(column, row) for column in columns] for row in rows]
    names = [column.id for column in columns]
    if suffix == ".json":
        return json.dumps([dict(zip(names, line, strict=True)) for line in cells], indent=2, ensure_ascii=False) + "\n"
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(names)
    writer.writerows([[_harmless(cell) for cell in line] for line in cells])
    return target.getvalue()


def _words(column: Column[Any], row: Any) -> str:
    return " ".join(plain((column.compact or column).cell(row)).split())


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "@"} else cell
