"""The filter over domains: `state:running cpu>50 tag:prod web !test`. Parsing never fails; what is wrong is told in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from kvmtui.model.domain import Domain, DomainState

Test = Callable[[Domain, str], bool]
"""Whether a domain, with the name of its host, passes."""

PRESETS: Mapping[str, str] = {
    "--all": "",
    "--inactive": "state:inactive",
    "--persistent": "persistent:yes",
    "--transient": "persistent:no",
    "--autostart": "autostart:yes",
    "--no-autostart": "autostart:no",
    "--with-snapshot": "snapshot:yes",
    "--without-snapshot": "snapshot:no",
    "--with-managed-save": "managedsave:yes",
    "--without-managed-save": "managedsave:no",
    "--state-running": "state:running",
    "--state-paused": "state:paused",
    "--state-shutoff": "state:shutoff",
}
"""The filters that `virsh list` has, under its names, as queries."""


class _WrongTermError(ValueError):
    """A term that means nothing; its text says what was expected."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter. A domain matches when it passes every term; terms that mean nothing are left out."""

    text: str = ""
    problem: str = ""
    """What is wrong with the text and what was expected; empty when nothing is."""
    tests: tuple[Test, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Query:
        """Return the query that `text` asks for."""
        tests: list[Test] = []
        problem = ""
        for term in _terms(text):
            try:
                tests += _tests_of(term)
            except _WrongTermError as error:
                problem = problem or str(error)
        return cls(text.strip(), problem, tuple(tests))

    def matches(self, domain: Domain, host_name: str = "") -> bool:
        """Return whether a domain passes; `host_name` is what its host is called on the screen."""
        for test in self.tests:  # noqa: SIM110 - a loop takes half the time of all(…), and there can be 10,000 domains
            if not test(domain, host_name):
                return False
        return True


class Sieve:
    """Applies a query to domains again and again; an answer is kept while the domain is the same object."""

    def __init__(self) -> None:
        self._query = Query()
        self._answers: dict[int, tuple[Domain, bool]] = {}
        """By the object's `id`, which stands for it as long as the object is held here."""

    def apply(self, query: Query, domains: Iterable[Domain], host_names: Mapping[str, str]) -> list[Domain]:
        """Return the domains that match, in their order."""
        if not query.tests:
            return list(domains)
        if query != self._query:
            self._query, self._answers = query, {}
        before, answers = self._answers, {}
        matching = []
        for domain in domains:
            answer = before.get(id(domain))
            if answer is None:
                answer = (domain, query.matches(domain, host_names.get(domain.key.host, domain.key.host)))
            answers[id(domain)] = answer
            if answer[1]:
                matching.append(domain)
        self._answers = answers
        return matching


_TERM = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_FIELD = re.compile(r"(?P<name>[a-z]+)(?P<operator>:|>=|<=|>|<|=)(?P<value>.*)", re.DOTALL)
_ADDRESS = re.compile(r"[0-9a-f]*(:[0-9a-f]*){2,}")


def _terms(text: str) -> list[str]:
    return [term.replace('"', "") for term in _TERM.findall(text.lower())]


def _tests_of(term: str) -> list[Test]:
    """Return what one term asks for; nothing for one that is still being typed (`!`, `--`)."""
    if term.startswith("!"):
        wanted = _tests_of(term[1:])
        return [lambda domain, host: not all(test(domain, host) for test in wanted)] if wanted else []
    if term.startswith("--"):
        return _preset(term)
    match = _FIELD.fullmatch(term)
    if match is None or _ADDRESS.fullmatch(term):
        return [_word(term)] if term else []
    name, operator, value = match["name"], match["operator"], match["value"]
    if name not in _FIELDS:
        raise _WrongTermError(f'there is no field "{name}"; fields: {", ".join(_FIELDS)}')
    return [_FIELDS[name](name, operator, value)]


def _preset(term: str) -> list[Test]:
    if term in PRESETS:
        return [test for part in _terms(PRESETS[term]) for test in _tests_of(part)]
    if any(option.startswith(term) for option in PRESETS):
        return []
    raise _WrongTermError(f'"{term}" is no option of virsh list; options: {" ".join(PRESETS)}')


_UUID_PIECE = 6
"""So many characters of a word are needed to look for it in UUIDs: a digit or two is in most of them."""


def _word(word: str) -> Test:
    is_uuid_piece = len(word) >= _UUID_PIECE

    def test(domain: Domain, _host: str) -> bool:
        if word in domain.name.lower() or (domain.title and word in domain.title.lower()):
            return True
        if is_uuid_piece and word in domain.key.uuid:
            return True
        return (
            any(word in text.lower() for text in (*domain.addresses, *domain.tags)) if domain.addresses or domain.tags else False
        )

    return test


# Fields: each function makes the test of one kind of field, or says what it expects.

_Make = Callable[[str, str, str], Test]


def _text(texts: Callable[[Domain, str], Iterable[str]], *, is_whole: bool = False) -> _Make:
    """Match texts by a glob, or by what they contain (`is_whole`: by all of it)."""

    def make(name: str, operator: str, value: str) -> Test:
        if operator not in {":", "="}:
            raise _WrongTermError(f'"{name}" is a text: write {name}:{value or "web*"}')
        if not value:
            raise _WrongTermError(f"{name}: needs a text, for example {name}:web*")
        pattern = value.replace("[", "[[]")  # brackets are common in names, and sets of characters are not in filters
        if not is_whole and operator == ":" and not set(value) & set("*?"):
            pattern = f"*{pattern}*"
        return lambda domain, host: any(fnmatchcase(text.lower(), pattern) for text in texts(domain, host))

    return make


_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def _truth(truth: Callable[[Domain], bool | None]) -> _Make:
    def make(name: str, operator: str, value: str) -> Test:
        is_yes = bool(value) and any(word.startswith(value) for word in _YES)
        is_no = bool(value) and any(word.startswith(value) for word in _NO)
        if operator not in {":", "="} or is_yes == is_no:
            raise _WrongTermError(f"{name}: needs yes or no, for example {name}:yes")
        return lambda domain, _host: truth(domain) is is_yes

    return make


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    "=": lambda one, other: one == other,
    ":": lambda one, other: one == other,
}


def _amount(read: Callable[[str], float | None], amount: Callable[[Domain], float | None], expected: str, example: str) -> _Make:
    def make(name: str, operator: str, value: str) -> Test:
        wanted = read(value)
        if wanted is None:
            raise _WrongTermError(f"{name}{operator} needs {expected}, for example {name}{example}")
        compare = _COMPARISONS[operator]

        def test(domain: Domain, _host: str) -> bool:
            found = amount(domain)
            return found is not None and compare(found, wanted)

        return test

    return make


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _percentage(value: str) -> float | None:
    number = _number(value.removesuffix("%"))
    return None if number is None else number / 100


_SIZE = re.compile(r"(\d+(?:\.\d*)?)([kmgtp]?)(?:i?b)?")


def _size(default_unit: str) -> Callable[[str], float | None]:
    """Return a reader of sizes with binary units; a bare number is in `default_unit`."""

    def read(value: str) -> float | None:
        match = _SIZE.fullmatch(value)
        if match is None:
            return None
        unit = match[2] or ("" if value.endswith("b") else default_unit)
        return float(match[1]) * 1024.0 ** " kmgtp".index(unit or " ")

    return read


def _memory(name: str, operator: str, value: str) -> Test:
    """Compare the memory that a domain may have with a size, or what it uses of that with a percentage."""
    if value.endswith("%"):
        return _amount(_percentage, lambda domain: domain.memory_ratio, "a size or a percentage", ">80%")(name, operator, value)
    expected = "a size or, of what is used, a percentage"
    return _amount(_size("g"), lambda domain: domain.memory_maximum, expected, ">8g")(name, operator, value)


_STATES: Mapping[str, frozenset[DomainState]] = {
    "active": frozenset(state for state in DomainState if state.is_active),
    "inactive": frozenset(state for state in DomainState if not state.is_active),
    **{state.value.replace(" ", ""): frozenset({state}) for state in DomainState},
    "off": frozenset({DomainState.SHUT_OFF}),
}


def _state(name: str, operator: str, value: str) -> Test:
    wanted = re.sub("[-_ ]", "", value)
    if "*" in wanted or "?" in wanted:
        chosen = [states for word, states in _STATES.items() if fnmatchcase(word, wanted)]
    else:
        chosen = [_STATES[wanted]] if wanted in _STATES else [s for word, s in _STATES.items() if word.startswith(wanted)]
    if operator not in {":", "="} or not wanted or not chosen:
        raise _WrongTermError(f"{name}: needs one of {', '.join(_STATES)}")
    states = frozenset().union(*chosen)
    return lambda domain, _host: domain.state in states


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


_FIELDS: Mapping[str, _Make] = {
    "state": _state,
    "cpu": _amount(_percentage, lambda domain: domain.cpu, "a percentage", ">50"),
    "mem": _memory,
    "used": _amount(_size("g"), lambda domain: domain.memory_used, "a size", ">4g"),
    "vcpus": _amount(_number, lambda domain: domain.vcpus, "a number", ">4"),
    "disk": _amount(_size(""), lambda domain: _sum(domain.disk_read, domain.disk_written), "bytes per second", ">1m"),
    "net": _amount(_size(""), lambda domain: _sum(domain.net_received, domain.net_sent), "bytes per second", ">1m"),
    "name": _text(lambda domain, _host: (domain.name,)),
    "title": _text(lambda domain, _host: (domain.title or "",)),
    "tag": _text(lambda domain, _host: domain.tags, is_whole=True),
    "host": _text(lambda domain, host: (host, domain.key.host)),
    "ip": _text(lambda domain, _host: domain.addresses),
    "uuid": _text(lambda domain, _host: (domain.key.uuid,)),
    "autostart": _truth(lambda domain: domain.has_autostart),
    "persistent": _truth(lambda domain: domain.is_persistent),
    "snapshot": _truth(lambda domain: domain.has_snapshots),
    "managedsave": _truth(lambda domain: domain.has_managed_save),
}
