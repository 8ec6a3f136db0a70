"""libvirt's errors as failures, and why a host cannot be reached."""

from __future__ import annotations

from pathlib import Path

import libvirt
import pytest

from kvmtui.backend.libvirt import reachability
from kvmtui.backend.libvirt.errors import failure_of, is_gone, is_unsupported
from kvmtui.backend.libvirt.reachability import installed_unit, is_local, open_failure, resolved, without_prompts
from kvmtui.model.failure import FailureKind

KIND = FailureKind
RPC = 7


class Refusal(libvirt.libvirtError):
    """An error as libvirt raises it."""

    def __init__(self, code: int, text: str, domain: int = RPC) -> None:
        Exception.__init__(self, text)
        self.err = (code, domain, text, 2, "", None, None, -1, -1)


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (libvirt.VIR_ERR_NO_DOMAIN, "Domain not found", KIND.GONE),
        (libvirt.VIR_ERR_OPERATION_INVALID, "domain is not running", KIND.WRONG_STATE),
        (libvirt.VIR_ERR_INTERNAL_ERROR, "Domain 'x' is already running", KIND.WRONG_STATE),
        (libvirt.VIR_ERR_OPERATION_TIMEOUT, "cannot acquire state change lock", KIND.BUSY),
        (libvirt.VIR_ERR_OPERATION_DENIED, "read only access prevents it", KIND.READ_ONLY),
        (libvirt.VIR_ERR_AGENT_UNRESPONSIVE, "QEMU guest agent is not connected", KIND.AGENT),
        (libvirt.VIR_ERR_OPERATION_ABORTED, "canceled by client", KIND.ABORTED),
        (libvirt.VIR_ERR_OPERATION_FAILED, "domain 'x' already exists with uuid y", KIND.EXISTS),
        (libvirt.VIR_ERR_NO_SUPPORT, "this function is not supported", KIND.UNSUPPORTED),
        (libvirt.VIR_ERR_INVALID_ARG, "unsupported flags (0x1)", KIND.UNSUPPORTED),
        (libvirt.VIR_ERR_XML_ERROR, "missing name", KIND.INVALID),
        (libvirt.VIR_ERR_SYSTEM_ERROR, "cannot open: Permission denied", KIND.DENIED),
        (libvirt.VIR_ERR_INTERNAL_ERROR, "something else", KIND.OTHER),
    ],
)
def test_a_code_or_the_words_tell_the_kind(code: int, text: str, kind: FailureKind) -> None:
    failure = failure_of(Refusal(code, text), "start x", target="x")
    assert (failure.kind, failure.attempted, failure.target) == (kind, "start x", "x")
    assert failure.said == text


def test_on_a_dead_connection_every_error_is_its_loss() -> None:
    failure = failure_of(Refusal(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed"), "start x", is_alive=False)
    assert failure.kind is KIND.CONNECTION
    assert "not known" in failure.advice


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("(domain_definition):12: Opening and ending tag mismatch", 12),
        ("XML error: at line 7: no such thing", 7),
        ("XML error: missing element", None),
    ],
)
def test_the_line_of_a_refused_document_is_taken_from_the_text(text: str, line: int | None) -> None:
    assert failure_of(Refusal(libvirt.VIR_ERR_XML_DETAIL, text), "define it").line == line


def test_what_libvirt_said_cannot_act_on_a_terminal() -> None:
    assert "\x1b" not in failure_of(Refusal(libvirt.VIR_ERR_INTERNAL_ERROR, "bad \x1b[2J name"), "x").said


def test_gone_and_unsupported_are_told_apart() -> None:
    assert is_gone(Refusal(libvirt.VIR_ERR_NO_DOMAIN, ""))
    assert not is_gone(Refusal(libvirt.VIR_ERR_NO_NETWORK, ""))
    assert is_unsupported(Refusal(libvirt.VIR_ERR_NO_SUPPORT, ""))
    assert not is_unsupported(Refusal(libvirt.VIR_ERR_OPERATION_INVALID, ""))


LOCAL = "qemu:///system"
SSH = "qemu+ssh://root@kvm01:2222/system"
NO_SOCKET = "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory"


@pytest.mark.parametrize(
    ("uri", "code", "text", "kind", "advice"),
    [
        (LOCAL, 38, "Failed to connect socket: Permission denied", KIND.DENIED, "usermod -aG libvirt"),
        (LOCAL, 1, "Unable to get system bus connection", KIND.AUTHENTICATION, "usermod -aG libvirt"),
        (LOCAL, 45, "authentication failed: access denied by policy", KIND.AUTHENTICATION, "polkit"),
        ("qemu:///system?socket=/x", 38, NO_SOCKET, KIND.NOT_RUNNING, "the URI names"),
        (SSH, 38, "Cannot recv data: Host key verification failed.", KIND.AUTHENTICATION, "ssh -p 2222 root@kvm01"),
        (SSH, 38, "Cannot recv data: root@kvm01: Permission denied (publickey,password).", KIND.AUTHENTICATION, "ssh-add"),
        (SSH, 38, "Cannot recv data: sh: 1: nc: not found", KIND.NOT_INSTALLED, "missing on the host"),
        (SSH, 38, "ssh: Could not resolve hostname kvm01: Name or service not known", KIND.UNREACHABLE, "host's name"),
        (SSH, 38, "ssh: connect to host kvm01 port 22: Connection refused", KIND.UNREACHABLE, "sshd"),
        (SSH, 38, f"Cannot recv data: {NO_SOCKET}", KIND.NOT_RUNNING, "virtqemud.socket"),
        ("qemu+tls://kvm01/system", 1, "Unable to verify TLS peer: certificate is not trusted", KIND.AUTHENTICATION, "pki"),
        ("nonsense:///x", 5, "no connection driver available for nonsense:///x", KIND.UNSUPPORTED, '"nonsense"'),
        ("qemu+ssh://[", 1, "unable to parse URI qemu+ssh://[", KIND.INVALID, "looks like"),
    ],
)  # fmt: skip
def test_why_a_host_cannot_be_reached_is_told_with_what_to_do(
    uri: str, code: int, text: str, kind: FailureKind, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    failure = open_failure(Refusal(code, text), uri)
    assert failure.kind is kind
    assert advice in failure.advice
    assert failure.said == text


@pytest.mark.parametrize(
    ("units", "enabled", "expected"),
    [
        (["virtqemud.socket"], [], "virtqemud.socket"),
        (["libvirtd.socket"], [], "libvirtd.socket"),
        (["virtqemud.socket", "libvirtd.socket"], [], "virtqemud.socket"),
        (["virtqemud.socket", "libvirtd.socket"], ["libvirtd.socket"], "libvirtd.socket"),
        ([], [], ""),
    ],
)
def test_the_unit_to_start_is_the_one_that_is_installed(
    tmp_path: Path, units: list[str], enabled: list[str], expected: str
) -> None:
    (tmp_path / "sockets.target.wants").mkdir()
    for unit in units:
        (tmp_path / unit).touch()
    for unit in enabled:
        (tmp_path / "sockets.target.wants" / unit).touch()
    assert installed_unit([tmp_path]) == expected


def test_a_missing_socket_names_the_installed_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "installed_unit", lambda: "virtqemud.socket")
    failure = open_failure(Refusal(38, NO_SOCKET), LOCAL)
    assert failure.kind is KIND.NOT_RUNNING
    assert "systemctl enable --now virtqemud.socket" in failure.advice


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("qemu+ssh://kvm01/system", "qemu+ssh://kvm01/system?no_tty=1"),
        ("qemu+ssh://kvm01/system?keyfile=/k", "qemu+ssh://kvm01/system?keyfile=/k&no_tty=1"),
        ("qemu+ssh://kvm01/system?no_tty=0&keyfile=/k", "qemu+ssh://kvm01/system?keyfile=/k&no_tty=1"),
        ("qemu:///system", "qemu:///system"),
        ("", ""),
    ],
)
def test_ssh_never_asks_on_the_terminal(uri: str, expected: str) -> None:
    assert without_prompts(uri) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [(LOCAL, True), ("", True), ("qemu+unix:///system?socket=/x", True), (SSH, False), ("qemu+tls://kvm01/system", False)],
)
def test_a_uri_without_a_host_is_local(uri: str, expected: bool) -> None:
    assert is_local(uri) is expected


def test_an_alias_and_the_default_of_the_client_configuration_are_resolved(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    folder = own_home / ".config/libvirt"
    folder.mkdir(parents=True)
    (folder / "libvirt.conf").write_text(
        '# uri_aliases = ["no=test:///no"]\nuri_aliases = [\n  "far=qemu+ssh://far/system",\n]\nuri_default = "far"\n'
    )
    assert resolved("far") == "qemu+ssh://far/system"
    assert resolved("") == "qemu+ssh://far/system"
    assert resolved("no") == "no"
    assert resolved("test:///default") == "test:///default"
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "qemu:///session")
    assert resolved("") == "qemu:///session"


def test_without_any_configuration_the_choice_stays_libvirts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert resolved("") == ""
