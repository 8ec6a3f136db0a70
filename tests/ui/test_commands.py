"""The command line's language."""

import pytest

from kvmtui.ui.commands import ALIASES, complete, named, verbs
from tests.fakes import domain

NAMES = ["web1", "web2", "db 1", "o'brien"]


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("sta", ["start ", "start-afresh ", "start-new-nvram ", "start-paused "]),
        ("start w", ["start web1 ", "start web2 "]),
        ("start web1 web", ["start web1 web1 ", "start web1 web2 "]),
        ("start d", ["start 'db 1' "]),
        ("start O", ["start 'o'\"'\"'brien' "]),
        ("start nothing", []),
    ],
)
def test_tab_completes_commands_and_names(line: str, candidates: list[str]) -> None:
    assert complete(line, NAMES) == candidates


def test_every_alias_means_a_command() -> None:
    assert set(ALIASES.values()) <= set(verbs())


def test_names_and_globs_choose_domains_once() -> None:
    domains = [domain("web1"), domain("web2"), domain("db")]
    chosen, unknown = named(domains, ["web*", "web1", "x*"])
    assert [entry.name for entry in chosen] == ["web1", "web2"]
    assert unknown == ["x*"]


def test_an_exact_name_wins_over_its_meaning_as_a_glob() -> None:
    chosen, _ = named([domain("a*"), domain("abc")], ["a*"])
    assert [entry.name for entry in chosen] == ["a*"]
