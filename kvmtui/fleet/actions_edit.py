"""Actions that change what a domain is called and how it is kept, not how it runs."""

from __future__ import annotations

from collections.abc import Callable

from kvmtui.backend.protocol import DomainOperations
from kvmtui.fleet.action import Action, Answers, Field, FieldKind, Progress
from kvmtui.fleet.actions_power import is_on
from kvmtui.fleet.command import Command, virsh, virsh_name
from kvmtui.model.domain import Domain
from kvmtui.model.tags import TAGS_NAMESPACE, TAGS_PREFIX, tags_element
from kvmtui.text import printable_lines


def tags_from(text: str) -> tuple[str, ...]:
    """Return the tags in a line of them, separated by commas or blanks, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _always(_domain: Domain) -> str | None:
    return None


def _scope(domain: Domain) -> tuple[str, ...]:
    """Return virsh's options for "as far as it is running and as far as it is kept"."""
    live = ("--live",) if is_on(domain) else ()
    return live if domain.is_persistent is False else (*live, "--config")


def _describe(*options: str, answer: str) -> Callable[[str, Domain, Answers], Command]:
    def words(uri: str, domain: Domain, answers: Answers) -> Command:
        return virsh(uri, "desc", virsh_name(domain), *options, *_scope(domain), "--", answers[answer])

    return words


async def _set_title(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    await host.set_title(domain.key.uuid, answers["title"])
    return "title set" if answers["title"] else "title removed"


async def _set_description(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    await host.set_description(domain.key.uuid, answers["description"])
    return "description set" if answers["description"] else "description removed"


async def _present_description(host: DomainOperations, domain: Domain) -> Answers:
    from kvmtui.model.xml_reading import read  # here, because the first screen needs no XML

    root = read(await host.domain_xml(domain.key.uuid, is_inactive=domain.is_persistent is True))
    return {"description": printable_lines(root.findtext("description") or "")}


def _title_problem(answer: str, _domain: Domain | None) -> str | None:
    return "A title has one line." if "\n" in answer else None


def _tag_words(uri: str, domain: Domain, answers: Answers) -> Command:
    start = ("metadata", virsh_name(domain), TAGS_NAMESPACE, *_scope(domain))
    element = tags_element(tags_from(answers["tags"]))
    if element is None:
        return virsh(uri, *start, "--remove")
    return virsh(uri, *start, "--key", TAGS_PREFIX, "--set", element)


async def _set_tags(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    tags = tags_from(answers["tags"])
    await host.set_tags(domain.key.uuid, tags)
    return f"tagged {' '.join(tags)}" if tags else "tags removed"


def _not_renamable(domain: Domain) -> str | None:
    if domain.is_persistent is False:
        return "it is transient"
    if is_on(domain):
        return "it must be shut off"
    return "it has a saved state: start it, or remove that" if domain.has_managed_save else None


def _name_problem(answer: str, domain: Domain | None) -> str | None:
    if not answer.strip():
        return "A name is needed."
    if answer != answer.strip():
        return "A name neither starts nor ends with a blank."
    if "/" in answer or "\n" in answer or answer in {".", ".."}:
        return "A name has no slash: files are named after it."
    return "That is its name." if domain and answer == domain.name else None


async def _rename(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    await host.rename(domain.key.uuid, answers["name"])
    return f"is now {answers['name']}"


def _autostart(*, is_on: bool) -> Action:
    def reason(domain: Domain) -> str | None:
        if domain.is_persistent is False:
            return "it is transient"
        if domain.has_autostart is is_on:
            return "it starts with the host already" if is_on else "it does not start with the host"
        return None

    async def run(host: DomainOperations, domain: Domain, _answers: Answers, _progress: Progress) -> str:
        await host.set_autostart(domain.key.uuid, is_on=is_on)
        return "starts with the host" if is_on else "does not start with the host"

    def took_effect(domain: Domain | None) -> bool | None:
        return None if domain is None or domain.has_autostart is None else domain.has_autostart is is_on

    return Action(
        id="domain.autostart_on" if is_on else "domain.autostart_off",
        doing="changing its autostart",
        reason=reason,
        words=lambda uri, domain, _answers: virsh(uri, "autostart", virsh_name(domain), *([] if is_on else ["--disable"])),
        run=run,
        took_effect=took_effect,
    )


EDIT_ACTIONS = (
    _autostart(is_on=True),
    _autostart(is_on=False),
    Action(
        id="domain.rename",
        doing="renaming",
        reason=_not_renamable,
        words=lambda uri, domain, answers: virsh(uri, "domrename", virsh_name(domain), "--", answers["name"]),
        run=_rename,
        fields=(Field("name", "New name", default=lambda domain: domain.name, problem=_name_problem),),
        is_for_one=True,
    ),
    Action(
        id="domain.set_title",
        doing="setting its title",
        reason=_always,
        words=_describe("--title", answer="title"),
        run=_set_title,
        fields=(
            Field(
                "title",
                "Title",
                default=lambda domain: domain.title or "",
                hint="empty removes it",
                removes="title",
                problem=_title_problem,
            ),
        ),
    ),
    Action(
        id="domain.set_description",
        doing="setting its description",
        reason=_always,
        words=_describe(answer="description"),
        run=_set_description,
        fields=(Field("description", "Description", FieldKind.LINES, hint="empty removes it", removes="description"),),
        prepare=_present_description,
    ),
    Action(
        id="domain.set_tags",
        doing="setting its tags",
        reason=_always,
        words=_tag_words,
        run=_set_tags,
        fields=(
            Field(
                "tags",
                "Tags",
                default=lambda domain: " ".join(domain.tags),
                hint="separated by blanks; empty removes them",
                removes="tags",
            ),
        ),
    ),
)
