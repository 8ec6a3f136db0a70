from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.query import PRESETS, Query, Sieve
from tests.fakes import GIB, domain

DOMAINS = (
    domain("web1", cpu=0.6, memory_maximum=8 * GIB, memory_used=7 * GIB, tags=("prod",), addresses=("192.168.122.41", "fe80::1")),
    domain("web2", cpu=0.1, memory_maximum=16 * GIB, tags=("prod-eu",), has_autostart=True, title="The [second] shop"),
    domain("db", state=DomainState.SHUT_OFF, memory_maximum=4 * GIB, has_snapshots=True, vcpus=8),
    domain("ci", state=DomainState.PAUSED, is_persistent=False, host="fake:///two", has_managed_save=None),
    domain("Test-VM", state=DomainState.CRASHED, has_managed_save=True, disk_read=2e6, net_sent=10.0),
)
HOSTS = {"fake:///one": "kvm01", "fake:///two": "kvm02"}


def found(text: str) -> str:
    query = Query.parse(text)
    assert not query.problem, query.problem
    return " ".join(one.name for one in Sieve().apply(query, DOMAINS, HOSTS))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "web1 web2 db ci Test-VM"),
        ("WEB", "web1 web2"),
        ("web 1", "web1"),
        ("!web", "db ci Test-VM"),
        ("! ", "web1 web2 db ci Test-VM"),
        ("shop", "web2"),
        ("192.168.122", "web1"),
        ("fe80::1", "web1"),
        ("[second]", "web2"),
        ('"the [second]"', "web2"),
        ('title:"[second] shop"', "web2"),
        (DOMAINS[2].key.uuid[:13], "db"),
        ("state:running", "web1 web2"),
        ("state:run", "web1 web2"),
        ("state:active", "web1 web2 ci"),
        ("state:inactive", "db Test-VM"),
        ("state:shut-off", "db"),
        ("state:off", "db"),
        ("!state:running !state:paused", "db Test-VM"),
        ("state:p*", "ci"),
        ("cpu>50", "web1"),
        ("cpu>=10%", "web1 web2"),
        ("cpu<50", "web2"),
        ("!cpu>50", "web2 db ci Test-VM"),
        ("mem>8g", "web2"),
        ("mem>=8", "web1 web2"),
        ("mem<4096m", "ci Test-VM"),
        ("mem>80%", "web1"),
        ("used>6.5gib", "web1"),
        ("vcpus=8", "db"),
        ("disk>1m", "Test-VM"),
        ("net<1k", "Test-VM"),
        ("tag:prod", "web1"),
        ("tag:prod*", "web1 web2"),
        ("tag:PROD", "web1"),
        ("host:kvm02", "ci"),
        ("host:two", "ci"),
        ("ip:192.168.*", "web1"),
        ("name:web?", "web1 web2"),
        ("name:eb", "web1 web2"),
        ("name=web1", "web1"),
        ("autostart:yes", "web2"),
        ("persistent:no", "ci"),
        ("snapshot:yes", "db"),
        ("managedsave:no", "web1 web2 db"),
        ("state:running cpu>50 tag:prod web", "web1"),
        ("--transient", "ci"),
        ("--with-snapshot", "db"),
        ("--state-run", "web1 web2 db ci Test-VM"),
    ],
)
def test_a_query_finds_the_domains_that_it_describes(text: str, names: str) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour:red", 'no field "colour"; fields: state, cpu'),
        ("state:broken", "state: needs one of active, inactive"),
        ("state:", "state: needs one of"),
        ("state>running", "state: needs one of"),
        ("cpu>fast", "cpu> needs a percentage, for example cpu>50"),
        ("cpu>", "cpu> needs a percentage"),
        ("mem>lots", "mem> needs a size"),
        ("mem>x%", "mem> needs a size or a percentage"),
        ("autostart:maybe", "autostart: needs yes or no"),
        ("autostart:", "autostart: needs yes or no"),
        ("name>a", '"name" is a text: write name:a'),
        ("tag:", "tag: needs a text, for example tag:web*"),
        ("--sideways", '"--sideways" is no option of virsh list'),
    ],
)
def test_what_means_nothing_is_told_with_what_was_expected(text: str, told: str) -> None:
    assert told in Query.parse(text).problem


def test_the_terms_that_are_right_apply_beside_a_wrong_one() -> None:
    query = Query.parse("web cpu>")
    assert query.problem
    assert [one.name for one in DOMAINS if query.matches(one)] == ["web1", "web2"]


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_is_a_query_without_problems(preset: str) -> None:
    assert not Query.parse(preset).problem
    assert not Query.parse(PRESETS[preset]).problem
    assert found(preset) == found(PRESETS[preset])


@pytest.mark.parametrize(
    "text", ["[", "*", "!!", '"', '"a', "::", ":", ">", "cpu>1e999", "name:[", "!--", "state:[", "\x1b", "ip:*?["]
)
def test_no_text_breaks_the_filter(text: str) -> None:
    query = Query.parse(text)
    for one in DOMAINS:
        query.matches(one, "host")


def test_a_domain_is_asked_again_only_when_it_changed() -> None:
    asked: list[str] = []

    def noted(one: Domain, _host: str) -> bool:
        asked.append(one.name)
        return True

    query = Query("counting", tests=(noted,))
    sieve = Sieve()
    sieve.apply(query, DOMAINS, HOSTS)
    sieve.apply(query, (*DOMAINS[:-1], domain("new", started=datetime.now(UTC))), HOSTS)
    assert asked == ["web1", "web2", "db", "ci", "Test-VM", "new"]


def test_ten_thousand_known_domains_are_filtered_in_a_few_milliseconds() -> None:
    many = tuple(domain(f"vm{number}") for number in range(10_000))
    query, sieve = Query.parse("vm1 state:running"), Sieve()
    sieve.apply(query, many, HOSTS)
    best = min(_seconds(lambda: sieve.apply(query, many, HOSTS)) for _ in range(5))
    assert best < 0.03


def _seconds(job: object) -> float:
    start = time.perf_counter()
    assert callable(job)
    job()
    return time.perf_counter() - start
