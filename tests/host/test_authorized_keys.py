"""``authorized_keys``: what is written is what ssh-keygen reads, and nothing else in the file changes."""

import asyncio
import os
import stat
import subprocess
from pathlib import Path

import pytest

from mapio_display.core.public_keys import PublicKey, pasted
from mapio_display.errors import Refused
from mapio_display.host import authorized_keys
from mapio_display.host.authorized_keys import MOST, AuthorizedKeys
from tests.core.test_public_keys import ED25519, GOOD, key

OTHERS = (
    b"# the family's\n"
    b'command="echo \\"hi\\"",no-pty ssh-rsa AAAAB3NzaC1yc2E= not a key\n'
    b"\xff\xfe garbage\r\n"
    b"\n"
    b'from="10.0.0.0/8" ' + GOOD["256"].encode() + b" J\xfcrg's"
)


def file_in(folder: Path, content: bytes | None = None) -> Path:
    """The file, in a folder of its own where it has content."""
    file = folder / ".ssh" / "authorized_keys"
    if content is not None:
        file.parent.mkdir(mode=0o755, parents=True)
        file.write_bytes(content)
    return file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def refused(keys: AuthorizedKeys) -> str:
    """The code with which an addition is refused."""
    with pytest.raises(Refused) as error:
        await keys.add(pasted(ED25519))
    return error.value.failure.message.code


@pytest.mark.tools
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
async def test_ssh_keygen_reads_what_was_written_and_prints_the_same_fingerprint(tmp_path: Path, kind: str) -> None:
    made = tmp_path / "id"
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "anna's desk", "-f", str(made)]
    subprocess.run(command, check=True)
    file = file_in(tmp_path)
    (added,) = await AuthorizedKeys(file).add(pasted(made.with_suffix(".pub").read_text()))
    said = subprocess.run(["ssh-keygen", "-l", "-f", str(file)], check=True, capture_output=True, text=True).stdout
    assert said.split()[1] == added.fingerprint
    assert "anna's desk" in said
    with pytest.raises(Refused) as error:
        pasted(made.read_text())
    assert error.value.failure.code == "private-key"


async def test_folder_and_file_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    await AuthorizedKeys(file).add(pasted(ED25519))
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    assert file.read_text() == f"{ED25519}\n"


async def test_a_folder_and_a_file_that_were_open_to_others_are_closed(tmp_path: Path) -> None:
    file = file_in(tmp_path, b"")
    file.chmod(0o644)
    await AuthorizedKeys(file).add(pasted(ED25519))
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)


async def test_all_else_in_the_file_stays_to_the_byte(tmp_path: Path) -> None:
    file = file_in(tmp_path, OTHERS)
    keys = AuthorizedKeys(file)
    (added,) = await keys.add(pasted(ED25519))
    assert file.read_bytes() == OTHERS + b"\n" + ED25519.encode() + b"\n"
    await keys.remove(added.fingerprint)
    assert file.read_bytes() == OTHERS + b"\n"


async def test_a_key_is_removed_from_every_line_that_has_it(tmp_path: Path) -> None:
    twice = b"# one\nno-pty " + ED25519.encode() + b"\r\n# two\n" + ED25519.encode()
    file = file_in(tmp_path, twice)
    keys = AuthorizedKeys(file)
    (one, other) = await keys.keys()
    assert await keys.remove(one.fingerprint) == [one, other]
    assert file.read_bytes() == b"# one\n# two\n"
    with pytest.raises(Refused) as error:
        await keys.remove(one.fingerprint)
    assert error.value.failure.code == "no-such-key"


async def test_a_key_that_is_there_is_not_added_again_and_the_file_not_written(tmp_path: Path) -> None:
    file = file_in(tmp_path, OTHERS)
    before = file.stat()
    assert await AuthorizedKeys(file).add(pasted(GOOD["256"] + " another comment")) == []
    assert file.stat() == before
    assert len(await AuthorizedKeys(file).add(pasted(f"{ED25519}\n{ED25519} again"))) == 1


async def test_without_a_file_there_are_no_keys(tmp_path: Path) -> None:
    assert await AuthorizedKeys(file_in(tmp_path)).keys() == []


async def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    file = file_in(tmp_path, b"")
    kept = tmp_path / "kept"
    kept.write_bytes(b"# mine\n")
    file.unlink()
    file.symlink_to("../kept")
    await AuthorizedKeys(file).add(pasted(ED25519))
    assert file.is_symlink()
    assert kept.read_text() == f"# mine\n{ED25519}\n"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/full")])
async def test_what_is_no_file_is_reported_and_left_alone(tmp_path: Path, make: object) -> None:
    file = file_in(tmp_path, b"")
    file.unlink()
    make(file)  # type: ignore[operator]
    before = file.lstat()
    assert await refused(AuthorizedKeys(file)) == "ssh-storage.not-read"
    after = file.lstat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)


async def test_without_the_home_folder_it_is_reported(tmp_path: Path) -> None:
    assert await refused(AuthorizedKeys(tmp_path / "nobody" / ".ssh" / "authorized_keys")) == "ssh-storage"
    assert not (tmp_path / "nobody").exists()


async def test_there_is_a_bound_to_keys_and_to_the_file(tmp_path: Path) -> None:
    many = [PublicKey(*key("ssh-ed25519", number.to_bytes(32)).split()) for number in range(MOST)]
    keys = AuthorizedKeys(file_in(tmp_path))
    await keys.add(many)
    assert await refused(keys) == "too-many-keys"
    assert len(await keys.keys()) == MOST
    large = AuthorizedKeys(file_in(tmp_path / "large", b"#" * (authorized_keys.LARGEST - 10)))
    assert await refused(large) == "too-many-keys.size"


async def test_two_who_add_at_the_same_time_both_find_their_key_there(tmp_path: Path) -> None:
    keys = AuthorizedKeys(file_in(tmp_path))
    lines = [key("ssh-ed25519", number.to_bytes(32)) for number in range(20)]
    await asyncio.gather(*(keys.add(pasted(line)) for line in lines))
    assert {found.line for found in await keys.keys()} == set(lines)


async def test_the_log_has_the_fingerprint_and_neither_key_nor_comment(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    (added,) = await AuthorizedKeys(file_in(tmp_path)).add(pasted(ED25519))
    assert added.fingerprint in caplog.text
    assert added.encoded not in caplog.text
    assert "anna" not in caplog.text


@pytest.mark.root
@pytest.mark.parametrize(("options", "code"), [("ro", "ssh-storage.read-only"), ("size=4k", "ssh-storage.full")])
async def test_a_read_only_and_a_full_file_system_are_named(tmp_path: Path, options: str, code: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(home)], check=True)
    try:
        file = home / "authorized_keys"
        if code.endswith("full"):
            (home / "other").write_bytes(b"x" * 4096)
        assert await refused(AuthorizedKeys(file)) == code
        assert not [entry for entry in home.iterdir() if "authorized" in entry.name]
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.mark.root
async def test_the_owner_of_the_file_stays_its_owner(tmp_path: Path) -> None:
    file = file_in(tmp_path, b"")
    os.chown(file, 1234, 4321)
    await AuthorizedKeys(file).add(pasted(ED25519))
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)
