"""Actions that change whether and how a domain runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from kvmtui.backend.protocol import DomainOperations, ShutdownMode
from kvmtui.fleet.action import Action, Answers, Danger, Field, FieldKind, Progress, Settling
from kvmtui.fleet.command import Command, virsh, virsh_name, virsh_words
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.failure import Failure, FailureKind

JOB_INTERVAL = 0.5
"""Seconds between two looks at a job's progress."""

Call = Callable[[DomainOperations, Domain], Awaitable[None]]


def is_on(domain: Domain) -> bool:
    """Return whether QEMU runs; a crashed guest's may have been kept for inspection."""
    return domain.is_active or domain.id is not None


def _not_off(domain: Domain) -> str | None:
    if domain.state is DomainState.PAUSED:
        return "it is paused: resume it"
    if domain.state is DomainState.SHUTTING_DOWN:
        return "it is still shutting down"
    return "it is running already" if is_on(domain) else None


def not_on(domain: Domain) -> str | None:
    """Return why a domain that does not run cannot take part."""
    return None if is_on(domain) else "it is not running"


def _cannot_listen(domain: Domain) -> str | None:
    """Return why a guest cannot follow a request."""
    reasons = {
        DomainState.PAUSED: "it is paused: resume it first",
        DomainState.SHUTTING_DOWN: "it is shutting down already",
        DomainState.CRASHED: "it has crashed: reset it, or power it off",
        DomainState.PM_SUSPENDED: "it sleeps: wake it first (virsh dompmwakeup)",
    }
    return not_on(domain) or reasons.get(domain.state)


def _not_suspendable(domain: Domain) -> str | None:
    if domain.state is DomainState.PAUSED:
        return "it is paused already"
    return not_on(domain) or ("it sleeps" if domain.state is DomainState.PM_SUSPENDED else None)


def _not_paused(domain: Domain) -> str | None:
    if domain.state is DomainState.PM_SUSPENDED:
        return "it sleeps: wake it (virsh dompmwakeup)"
    return None if domain.state is DomainState.PAUSED else not_on(domain) or "it is not paused"


def _not_savable(domain: Domain) -> str | None:
    if domain.is_persistent is False:
        return "it is transient: its saved state would belong to nothing"
    if domain.job:
        return f"libvirt is busy with it: {domain.job}"
    return not_on(domain)


def _no_saved_state(domain: Domain) -> str | None:
    return "it has no saved state" if domain.has_managed_save is False else None


def _has_stopped(before: Domain, now: Domain | None) -> bool:
    if now is None or not is_on(now):
        return True
    return before.id is not None and now.id is not None and now.id != before.id  # it came up again, as another run


def _virsh(verb: str, *options: str) -> Callable[[str, Domain, Answers], Command]:
    return lambda uri, domain, _answers: virsh(uri, verb, virsh_name(domain), *options)


def _does(call: Call, result: str) -> Callable[[DomainOperations, Domain, Answers, Progress], Awaitable[str]]:
    async def run(host: DomainOperations, domain: Domain, _answers: Answers, _progress: Progress) -> str:
        await call(host, domain)
        return result

    return run


async def _start_afresh(host: DomainOperations, domain: Domain, _answers: Answers, _progress: Progress) -> str:
    try:
        await host.start(domain.key.uuid, drops_managed_save=True)
    except Failure as failure:
        if failure.kind not in {FailureKind.UNSUPPORTED, FailureKind.INVALID}:
            raise
        if domain.has_managed_save:  # for a driver without the flag `virsh start --force-boot` takes these two steps, too
            await host.remove_managed_save(domain.key.uuid)
        await host.start(domain.key.uuid)
    return "started afresh"


async def _save(host: DomainOperations, domain: Domain, _answers: Answers, progress: Progress) -> str:
    async def watch() -> None:
        while True:
            await asyncio.sleep(JOB_INTERVAL)
            with contextlib.suppress(Failure):  # no job yet, not any more, or a driver that tells nothing
                if job := await host.job(domain.key.uuid):
                    progress(job)

    watching = asyncio.get_running_loop().create_task(watch())
    try:
        await host.save(domain.key.uuid)
    finally:
        watching.cancel()
    return "saved"


def _answered_limit(answers: Answers) -> float:
    return float(answers["limit"])


def _limit_problem(answer: str, _domain: Domain | None) -> str | None:
    try:
        seconds = int(answer)
    except ValueError:
        return "A whole number of seconds is needed."
    return None if 5 <= seconds <= 3600 else "From 5 to 3600 seconds."


def _shut_down_then_destroy(uri: str, domain: Domain, answers: Answers) -> Command:
    name = virsh_name(domain)
    return Command(
        (virsh_words(uri, "shutdown", name), ("sleep", str(answers["limit"])), virsh_words(uri, "destroy", name)),
    )


def _is_running(domain: Domain | None) -> bool | None:
    return domain is not None and domain.state in {DomainState.RUNNING, DomainState.BLOCKED}


def _is_active(domain: Domain | None) -> bool | None:
    return domain is not None and is_on(domain)


def _is_off(domain: Domain | None) -> bool | None:
    return domain is None or not is_on(domain)


def _is_paused(domain: Domain | None) -> bool | None:
    return domain is not None and domain.state is DomainState.PAUSED


def _is_saved(domain: Domain | None) -> bool | None:
    return domain is not None and not is_on(domain) and domain.has_managed_save


def _has_no_saved_state(domain: Domain | None) -> bool | None:
    return None if domain is None or domain.has_managed_save is None else not domain.has_managed_save


STARTS = (
    Action(
        id="domain.start",
        doing="starting",
        reason=_not_off,
        words=_virsh("start"),
        run=_does(lambda host, domain: host.start(domain.key.uuid), "started"),
        took_effect=_is_active,
    ),
    Action(
        id="domain.start_paused",
        doing="starting",
        reason=_not_off,
        words=_virsh("start", "--paused"),
        run=_does(lambda host, domain: host.start(domain.key.uuid, is_paused=True), "started, paused"),
        took_effect=_is_active,
    ),
    Action(
        id="domain.start_afresh",
        doing="starting",
        reason=lambda domain: _not_off(domain) or _no_saved_state(domain),
        words=_virsh("start", "--force-boot"),
        run=_start_afresh,
        danger=Danger.DESTROYS,
        loses="Its saved state is deleted: what ran in it is lost.",
        took_effect=_is_active,
    ),
    Action(
        id="domain.start_new_nvram",
        doing="starting",
        reason=_not_off,
        words=_virsh("start", "--reset-nvram"),
        run=_does(lambda host, domain: host.start(domain.key.uuid, resets_nvram=True), "started with fresh NVRAM"),
        danger=Danger.DESTROYS,
        loses="Its UEFI variables are deleted: boot entries, enrolled Secure Boot keys, settings.",
        took_effect=_is_active,
    ),
)

_SHUTTING_DOWN = Settling(
    doing="shutting down",
    is_settled=_has_stopped,
    advice="The guest does not follow. Shut it down by its agent, or power it off.",
)


def _shut_down(id_: str, mode: ShutdownMode) -> Action:
    return Action(
        id=id_,
        doing="shutting down",
        reason=_cannot_listen,
        words=_virsh("shutdown", *(["--mode", mode.value] if mode.value else [])),
        run=_does(lambda host, domain: host.shut_down(domain.key.uuid, mode), "asked to shut down"),
        danger=Danger.INTERRUPTS,
        settling=_SHUTTING_DOWN,
        took_effect=lambda domain: _is_off(domain) or None,
    )


STOPS = (
    _shut_down("domain.shut_down", ShutdownMode.DEFAULT),
    _shut_down("domain.shut_down_acpi", ShutdownMode.ACPI),
    _shut_down("domain.shut_down_agent", ShutdownMode.AGENT),
    Action(
        id="domain.shut_down_or_off",
        doing="shutting down",
        reason=_cannot_listen,
        words=_shut_down_then_destroy,
        run=_does(lambda host, domain: host.shut_down(domain.key.uuid), "asked to shut down"),
        danger=Danger.DESTROYS,
        loses="If it is powered off, what the guest has not written to disk is lost.",
        fields=(Field("limit", "Power off after", FieldKind.NUMBER, lambda _domain: "60", "60", (), "seconds", _limit_problem),),
        settling=Settling(
            doing="shutting down",
            is_settled=_has_stopped,
            advice=_SHUTTING_DOWN.advice,
            limit=_answered_limit,
            force=lambda host, domain: host.power_off(domain.key.uuid),
        ),
        took_effect=lambda domain: _is_off(domain) or None,
    ),
    Action(
        id="domain.reboot",
        doing="rebooting",
        reason=_cannot_listen,
        words=_virsh("reboot"),
        run=_does(lambda host, domain: host.reboot(domain.key.uuid), "asked to reboot"),
        danger=Danger.INTERRUPTS,
    ),
    Action(
        id="domain.reset",
        doing="resetting",
        reason=not_on,
        words=_virsh("reset"),
        run=_does(lambda host, domain: host.reset(domain.key.uuid), "reset"),
        danger=Danger.DESTROYS,
        loses="What the guest has not written to disk is lost.",
    ),
    Action(
        id="domain.power_off",
        doing="powering off",
        reason=not_on,
        words=_virsh("destroy"),
        run=_does(lambda host, domain: host.power_off(domain.key.uuid), "powered off"),
        danger=Danger.DESTROYS,
        loses="What the guest has not written to disk is lost.",
        took_effect=_is_off,
    ),
    Action(
        id="domain.power_off_graceful",
        doing="powering off",
        reason=not_on,
        words=_virsh("destroy", "--graceful"),
        run=_does(lambda host, domain: host.power_off(domain.key.uuid, is_graceful=True), "powered off"),
        danger=Danger.DESTROYS,
        loses="What the guest itself has not written to its disks is lost.",
        took_effect=_is_off,
    ),
)

PAUSES = (
    Action(
        id="domain.suspend",
        doing="pausing",
        reason=_not_suspendable,
        words=_virsh("suspend"),
        run=_does(lambda host, domain: host.suspend(domain.key.uuid), "paused"),
        took_effect=_is_paused,
    ),
    Action(
        id="domain.resume",
        doing="resuming",
        reason=_not_paused,
        words=_virsh("resume"),
        run=_does(lambda host, domain: host.resume(domain.key.uuid), "resumed"),
        took_effect=_is_running,
    ),
    Action(
        id="domain.save",
        doing="saving",
        reason=_not_savable,
        words=_virsh("managedsave", "--verbose"),
        run=_save,
        took_effect=_is_saved,
        cancel=lambda host, domain: host.abort_job(domain.key.uuid),
    ),
    Action(
        id="domain.remove_managed_save",
        doing="removing its saved state",
        reason=_no_saved_state,
        words=_virsh("managedsave-remove"),
        run=_does(lambda host, domain: host.remove_managed_save(domain.key.uuid), "saved state removed"),
        danger=Danger.DESTROYS,
        loses="Its saved state is deleted: what ran in it is lost.",
        took_effect=_has_no_saved_state,
    ),
)

POWER_ACTIONS = (*STARTS, *STOPS, *PAUSES)
