"""Public keys out of a paste, and out of lines that sshd reads."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapio_display.core.public_keys import PublicKey, in_line, pasted
from mapio_display.errors import Refused

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6pHHp0a9w9oCxN0vGvDxQ0mXXyGsRLfQ2R6ZMGUJ1N anna@desk"


def key(kind: str, *fields: bytes, comment: str = "") -> str:
    """A line with a key of these fields."""
    blob = b"".join(len(field).to_bytes(4) + field for field in (kind.encode(), *fields))
    return f"{kind} {b64encode(blob).decode()} {comment}".rstrip()


def rsa(bits: int) -> str:
    """An RSA key whose number is as long as that."""
    number = (1 << bits) - 1
    return key("ssh-rsa", b"\x01\x00\x01", number.to_bytes(bits // 8 + 1))


def ecdsa(curve: str, size: int, kind: str = "") -> str:
    return key(kind or f"ecdsa-sha2-{curve}", curve.encode(), b"\x04" + bytes(2 * size))


GOOD = {
    "ed25519": ED25519,
    "256": ecdsa("nistp256", 32),
    "384": ecdsa("nistp384", 48),
    "521": ecdsa("nistp521", 66),
    "sk": key("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"),
    "sk-256": key("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\x04" + bytes(64), b"ssh:"),
    "rsa": rsa(2048),
    "rsa-16384": rsa(16384),
}
BAD = {
    "short rsa": (rsa(2047), "bad-key.short"),
    "empty rsa": (key("ssh-rsa", b"\x01\x00\x01", b""), "bad-key.short"),
    "negative rsa": (key("ssh-rsa", b"\x01\x00\x01", b"\xff" * 256), "bad-key"),
    "long rsa": (rsa(16392), "bad-key"),
    "dsa": (key("ssh-dss", b"\x01", b"\x01", b"\x01", b"\x01"), "bad-key.type"),
    "certificate": (key("ssh-ed25519-cert-v01@openssh.com", bytes(32)), "bad-key.type"),
    "another type inside": ("ssh-rsa " + ED25519.split()[1], "bad-key"),
    "another curve inside": (key("ecdsa-sha2-nistp256", b"nistp384", b"\x04" + bytes(96)), "bad-key"),
    "a compressed point": (key("ecdsa-sha2-nistp256", b"nistp256", b"\x02" + bytes(32)), "bad-key"),
    "short": (key("ssh-ed25519", bytes(31)), "bad-key"),
    "long": (key("ssh-ed25519", bytes(32), b"more"), "bad-key"),
    "no application": (key("sk-ssh-ed25519@openssh.com", bytes(32)), "bad-key"),
    "cut off": (ED25519[:50], "bad-key"),
    "type alone": ("ssh-ed25519", "bad-key"),
    "no base64": ("ssh-ed25519 AAAA!", "bad-key"),
    "text": ("my key", "bad-key"),
    "options": ('command="echo hello" ' + ED25519, "bad-key.options"),
    "nothing": ("", "no-key"),
    "a comment": ("# " + ED25519, "no-key"),
    "SSH2": ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", "bad-key.ssh2"),
}
PRIVATE = {
    "openssh": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY",
    "openssh's middle": "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "pkcs8": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----",
    "putty": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none",
    "behind a public one": ED25519 + "\n-----BEGIN PRIVATE KEY-----\nMIIE",
}


def code(text: str) -> str:
    """The message's code with which a paste is refused."""
    with pytest.raises(Refused) as refused:
        pasted(text)
    return refused.value.failure.message.code


@pytest.mark.parametrize("line", GOOD.values(), ids=GOOD)
def test_a_key_of_each_known_type_is_taken_as_it_is(line: str) -> None:
    (found,) = pasted(f"\n  {line}\r\n# a comment\n")
    assert found.line == line


@pytest.mark.parametrize(("text", "why"), BAD.values(), ids=BAD)
def test_what_is_no_good_public_key_is_refused_with_the_reason(text: str, why: str) -> None:
    assert code(text) == why


@pytest.mark.parametrize("text", PRIVATE.values(), ids=PRIVATE)
def test_a_private_key_is_refused_as_such(text: str) -> None:
    assert code(text) == "private-key"


def test_a_refusal_names_the_line_and_repeats_nothing_of_it() -> None:
    with pytest.raises(Refused) as refused:
        pasted(f"{ED25519}\n\nssh-rsa SECRET")
    assert dict(refused.value.failure.message.facts) == {"line": 3}
    assert "SECRET" not in repr(refused.value.failure)


def test_several_keys_are_taken_at_once() -> None:
    assert [found.line for found in pasted("\n".join(GOOD.values()))] == list(GOOD.values())


def test_a_comment_keeps_no_control_characters() -> None:
    (found,) = pasted(f"{ED25519}\x1b[2J\ud800 home")
    assert found.comment == "anna@desk[2J home"


@pytest.mark.parametrize(
    "options",
    [
        "",
        "no-pty ",
        'command="/bin/echo \\"x y\\" # z",no-pty\t',
        'from="10.0.0.0/8,*.lan"  ',
        'environment="A=\\\\"b c" ',
    ],
)
def test_a_key_is_found_behind_any_options(options: str) -> None:
    found = in_line(f" {options}{ED25519}\r\n".encode())
    assert found is not None
    assert (found.type, found.comment) == ("ssh-ed25519", "anna@desk")


@pytest.mark.parametrize(
    "line", [b"", b"# " + ED25519.encode(), b'command="x ' + ED25519.encode(), b"\xff\xfe", b"a b"]
)
def test_a_line_that_sshd_would_pass_over_has_no_key(line: bytes) -> None:
    assert in_line(line) is None


def test_a_key_of_an_unknown_type_is_found_too_because_it_may_open_the_gateway() -> None:
    found = in_line(key("ssh-dss", b"\x01").encode() + b" J\xfcrg")
    assert found is not None
    assert (found.type, found.comment) == ("ssh-dss", "J\N{REPLACEMENT CHARACTER}rg")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_key_or_none(line: bytes) -> None:
    in_line(line)
    in_line(b"ssh-ed25519 " + b64encode(line))


@given(st.text(max_size=60))
def test_a_line_that_is_taken_is_read_again_as_the_same_key(comment: str) -> None:
    line = ED25519.rpartition(" ")[0] + " " + comment
    try:
        found = pasted(line)[0]
    except Refused:
        return  # what follows a line's end in it is no key
    again = in_line(found.line.encode())
    assert again is not None
    assert (again.type, again.encoded, again.fingerprint) == (found.type, found.encoded, found.fingerprint)
    assert "\n" not in found.line


def test_the_fingerprint_is_of_the_key_alone() -> None:
    one, other = pasted(ED25519)[0], PublicKey("ssh-ed25519", ED25519.split()[1], "other")
    assert one.fingerprint == other.fingerprint
    assert len(b64decode(one.fingerprint.removeprefix("SHA256:") + "=")) == 32
