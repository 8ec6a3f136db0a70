"""A private libvirtd and real guests, as fixtures. Where they cannot be had, tests that ask for them are skipped; CI fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from tests.live.guest import Guest, GuestOptions
from tests.live.lab import PrivateLibvirtd, what_is_missing


class GuestFactory(Protocol):
    """Makes guests that are gone after the test."""

    def __call__(
        self,
        name: str,
        *,
        lab: PrivateLibvirtd | None = None,
        is_started: bool = True,
        is_transient: bool = False,
        is_paused: bool = False,
        **options: Any,
    ) -> Guest:
        """Return a guest in `lab` (the shared one by default); `options` are those of GuestOptions.

        On return its QEMU runs, the guest still boots: see `Guest.await_boot`.
        """


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a live test where it cannot run."""
    if item.get_closest_marker("live") is None:
        return
    reason = what_is_missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"a live test {reason}", pytrace=False)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def lab() -> Iterator[PrivateLibvirtd]:
    """Yield a private libvirtd that all tests share: not to be killed, frozen or left with guests."""
    with PrivateLibvirtd() as lab:
        yield lab


@pytest.fixture
def own_lab() -> Iterator[PrivateLibvirtd]:
    """Yield a private libvirtd of the test's own, to be killed and frozen."""
    with PrivateLibvirtd("own-lab") as lab:
        yield lab


@pytest.fixture
def guest(request: pytest.FixtureRequest) -> Iterator[GuestFactory]:
    """Yield a factory of guests; those in the shared lab are removed after the test."""
    made: list[Guest] = []

    def make(
        name: str,
        *,
        lab: PrivateLibvirtd | None = None,
        is_started: bool = True,
        is_transient: bool = False,
        is_paused: bool = False,
        **options: Any,
    ) -> Guest:
        new = Guest(lab or request.getfixturevalue("lab"), name, GuestOptions(**options))
        if lab is None:
            made.append(new)
        if is_transient:
            return new.create(is_paused=is_paused)
        new.define()
        return new.start(is_paused=is_paused) if is_started or is_paused else new

    yield make
    for old in made:
        old.remove()


@pytest.fixture(scope="session")
def booted_guest(lab: PrivateLibvirtd) -> Iterator[Guest]:
    """Yield a guest of the shared lab that has booted and has an address: to be looked at, not to be changed."""
    guest = Guest(lab, "booted", GuestOptions(title="A guest to look at", tags=("shared",))).define().start().await_boot()
    guest.await_address()
    yield guest
    guest.remove()
