"""What the daemon relies on in RAUC, true of the real one and of the scripted one alike."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dbus_next.signature import Variant

from mapio_display.host.bus import CallFailed, Signal
from mapio_display.virtual.bundles import Bundles
from mapio_display.virtual.tools import run
from tests.virtual.conftest import Machine


@dataclass(frozen=True)
class Words:
    """What sets the versions of RAUC apart. The scripted one speaks as 1.8 does.

    ``percents`` are those at the ends of the steps up to the copy, ``slot`` is how the target is called when it is
    checked, and ``busy`` and ``info`` are what ``Info`` says while an install runs and of a bad bundle ("": the same
    as an install).
    """

    percents: tuple[int, ...]
    copying: tuple[int, ...]
    slot: str
    mismatch: str
    busy: str
    info: str
    keys: frozenset[str] = frozenset()

    def steps(self) -> list[tuple[int, str, int]]:
        """The progress of a good install: percent, text, depth."""
        states, signature, manifest, group, checked = self.percents
        return [
            (0, "Installing", 1),
            (0, "Determining slot states", 2),
            (states, "Determining slot states done.", 2),
            (states, "Checking bundle", 2),
            (states, "Verifying signature", 3),
            (signature, "Verifying signature done.", 3),
            (signature, "Checking bundle done.", 2),
            (signature, "Checking manifest contents", 2),
            (manifest, "Checking manifest contents done.", 2),
            (manifest, "Determining target install group", 2),
            (group, "Determining target install group done.", 2),
            (group, "Updating slots", 2),
            (group, f"Checking slot {self.slot}", 3),
            (checked, f"Checking slot {self.slot} done.", 3),
            *((percent, COPYING, 3) for percent in self.copying),
            (99, "Copying image to rootfs.1 done.", 3),
            (99, "Updating slots done.", 2),
            (100, "Installing done.", 1),
        ]


COPYING = "Copying image to rootfs.1"
MISMATCH = "Compatible mismatch: Expected 'mapio-image' but bundle manifest has 'other-board'"
RAUC_1_8 = Words(
    percents=(20, 40, 60, 80, 90),
    copying=(90,),
    slot="rootfs.1",
    mismatch=f"Installation error: {MISMATCH}",
    busy="rauc info error",
    info="rauc info error",
)
RAUC_1_11 = Words(
    percents=(10, 20, 30, 40, 46),
    copying=tuple(range(46, 100)),
    slot="rootfs.1 (B)",
    mismatch=MISMATCH,
    busy="already processing a different method",
    info="",
    keys=frozenset({"bundle.hash", "installed.transaction"}),
)
NEVER_INSTALLED = {"class", "device", "type", "bootname", "state", "boot-status"}
INSTALLED = NEVER_INSTALLED | {
    *("bundle.compatible", "bundle.version", "status", "sha256", "size"),
    *("installed.timestamp", "installed.count", "activated.timestamp", "activated.count"),
}


@pytest.fixture
def words(machine: Machine) -> Words:
    """What this RAUC says: Debian 12 has 1.8, Debian 13 and MAPIO's own OS have 1.13."""
    if not machine.real:
        return RAUC_1_8
    version = run("rauc", "--version").split()[1]
    return RAUC_1_8 if [int(part) for part in version.split(".")[:2]] < [1, 11] else RAUC_1_11


async def slots(machine: Machine) -> dict[str, dict[str, Any]]:
    (rows,) = await machine.call("GetSlotStatus")
    return {row[0]: row[1] for row in rows}


def progress(announced: list[tuple[str, Any]]) -> list[tuple[int, str, int]]:
    return [(value[0], value[1], value[2]) for name, value in announced if name == "Progress"]


async def test_a_good_bundle_is_announced_step_by_step_and_is_the_next_to_boot(machine: Machine, words: Words) -> None:
    await machine.install("good")
    announced = await machine.outcome()

    assert announced[0] == ("Operation", "installing")
    assert progress(announced) == words.steps()
    assert announced[-2:] == [("Completed", 0), ("Operation", "idle")]
    assert "MAPIO_OS_VERSION=2.2\n" in machine.slots.os_release("B")
    assert "MAPIO_OS_VERSION=2.1\n" in machine.slots.os_release("A")
    assert machine.uboot.read() == {"BOOT_ORDER": "B A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
    assert await machine.call("GetPrimary") == ("rootfs.1",)


async def test_an_installation_is_counted_in_the_slots_status(machine: Machine, words: Words) -> None:
    before = await slots(machine)
    assert before.keys() == {"rootfs.0", "rootfs.1"}
    assert all(slot.keys() == NEVER_INSTALLED for slot in before.values())
    assert [before[name]["state"] for name in sorted(before)] == ["booted", "inactive"]

    for count, bundle in enumerate(("good", "older"), 1):
        await machine.install(bundle)
        await machine.outcome()
        status = (await slots(machine))["rootfs.1"]
        assert status.keys() == INSTALLED | words.keys
        assert (status["installed.count"], status["activated.count"]) == (count, count)
    assert (status["bundle.version"], status["bundle.compatible"]) == ("2.0", "mapio-image")


@pytest.mark.parametrize(
    ("bundle", "text"),
    [
        ("untrusted", "signature verification failed: Verify error: self-signed certificate"),
        ("wrong-board", "{mismatch}"),
        ("truncated", "Invalid bundle format: Signature size ({tail}) exceeds bundle size"),
        ("a letter", "Invalid bundle format: Signature size ({tail}) exceeds bundle size"),
        ("zeros at the end", "Invalid bundle format: Signature size is 0"),
        ("noise for a signature", "Invalid bundle format: Signature data is no valid CMS"),
        ("nothing", "Invalid bundle format: Failed to seek to end of bundle: Error seeking in file: Invalid argument"),
        ("altered", "signature verification failed: error:1700009E:CMS routines::verification failure"),
        (
            "missing",
            (
                "Invalid bundle format: Failed to open bundle for reading: "
                "Error opening file {path}: No such file or directory"
            ),
        ),
    ],
)
async def test_a_bad_bundle_is_refused_with_these_words_and_changes_nothing(
    machine: Machine, words: Words, bundle: str, text: str
) -> None:
    path = machine.bundles.paths.get(bundle) or made(machine.directory / "bundle", bundle, machine.bundles)
    tail = int.from_bytes(path.read_bytes()[-8:], "big") if path.exists() else None
    before, image = machine.uboot.read(), machine.slots.images["B"].read_bytes()

    await machine.install(path)
    announced = await machine.outcome()

    error = ("LastError", text.format(tail=tail, path=path, mismatch=words.mismatch))
    assert announced[-3:] == [error, ("Completed", 1), ("Operation", "idle")]
    assert progress(announced)[-1] == (100, "Installing failed.", 1), "100 % is no success"
    assert (await machine.properties())["LastError"] == error[1]
    assert machine.uboot.read() == before
    assert machine.slots.images["B"].read_bytes() == image


def made(path: Path, kind: str, bundles: Bundles) -> Path:
    """Make a bad bundle that is no sample."""
    good = bundles.paths["good"].read_bytes()
    match kind:
        case "a letter":
            path.write_bytes(b"This is no bundle, it is a letter.\n" * 50)
        case "zeros at the end":
            path.write_bytes(good[:100_000] + bytes(100))
        case "noise for a signature":
            path.write_bytes(good[:100_000] + (5000).to_bytes(8, "big"))
        case "nothing":
            path.touch()
        case "altered":
            path.write_bytes(good[:50_000] + bytes([good[50_000] ^ 1]) + good[50_001:])
    return path


async def test_a_bundle_that_another_process_holds_open_for_writing_is_refused(
    machine: Machine, tmp_path: Path
) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(machine.bundles.paths["good"].read_bytes())
    with path.open("ab"):
        await machine.install(path)
        announced = await machine.outcome()
    text = "could not ensure exclusive bundle access (F_SETLEASE): EAGAIN: existing open file descriptor"
    assert ("LastError", text) in announced
    await machine.install(path)
    assert ("Completed", 0) in await machine.outcome()


@pytest.mark.parametrize(
    ("bundle", "answer"),
    [
        ("good", ("mapio-image", "2.2")),
        ("wrong-board", ("other-board", "2.2")),
        ("untrusted", "signature verification failed: Verify error: self-signed certificate"),
        ("truncated", r"Invalid bundle format: Signature size \(\d+\) exceeds bundle size"),
    ],
)
async def test_info_gives_the_version_or_why_there_is_none(
    machine: Machine, words: Words, bundle: str, answer: tuple[str, ...] | str
) -> None:
    path = str(machine.bundles.paths[bundle])
    if isinstance(answer, str):
        with pytest.raises(CallFailed, match=words.info or answer):
            await machine.call("Info", "s", path)
    else:
        assert await machine.call("Info", "s", path) == answer
    assert (await machine.properties())["LastError"] == "", "only an install leaves one"


class TooLate(Exception):
    """The install was over before the call."""


async def refused(machine: Machine, member: str, signature: str, body: list[Any]) -> CallFailed:
    """Make a call that must be refused."""
    try:
        await machine.call(member, signature, *body)
    except CallFailed as refusal:
        return refusal
    raise TooLate


async def test_while_it_installs_everything_is_refused_and_a_second_install_announces_idle(
    machine: Machine, words: Words
) -> None:
    path = str(machine.bundles.paths["good"])
    calls: list[tuple[str, str, list[Any], str]] = [
        ("GetSlotStatus", "", [], "already processing a different method"),
        ("GetPrimary", "", [], "already processing a different method"),
        ("Mark", "ss", ["good", "booted"], "already processing a different method"),
        ("Info", "s", [path], words.busy),
        ("InstallBundle", "sa{sv}", [path, {}], "Already processing a different method"),
    ]
    refusals: list[CallFailed] = []
    for _ in range(5):  # an install takes a fifth of a second, and on a busy machine the calls may come too late
        await machine.install("good")
        try:
            refusals = [await refused(machine, *call[:3]) for call in calls]
        except TooLate:
            await machine.outcome()
            continue
        break
    assert [str(refusal) for refusal in refusals] == [text for *_, text in calls]
    assert all(refusal.name.startswith("org.gtk.GDBus.UnmappedGError") for refusal in refusals)
    assert (await machine.properties())["Operation"] == "idle", "although it is not"
    announced = await machine.heard(lambda item: item[0] == "Completed")
    assert progress(announced) == words.steps()
    assert announced.index(("Operation", "idle")) < announced.index(("Completed", 0))


async def test_an_unknown_option_is_refused_before_anything_begins(machine: Machine) -> None:
    options = {"nonsense": Variant("b", True)}
    with pytest.raises(CallFailed, match="Unsupported key: nonsense"):
        await machine.call("InstallBundle", "sa{sv}", str(machine.bundles.paths["good"]), options)
    assert (await machine.properties())["Operation"] == "idle"


async def test_killed_while_it_writes_it_remembers_nothing_leaves_nothing_and_can_begin_again(
    machine: Machine,
) -> None:
    await machine.install("good")
    await machine.heard(lambda item: item[0] == "Progress" and item[1][1] == COPYING)
    assert machine.process is not None
    machine.process.send_signal(signal.SIGKILL)
    await machine.process.wait()

    async with asyncio.timeout(5):
        while True:
            item = await machine.inbox.get()
            if isinstance(item, Signal) and item.member == "NameOwnerChanged":
                break
            assert not (isinstance(item, Signal) and item.member == "Completed")
    assert machine.uboot.read() == {"BOOT_ORDER": "A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "0"}
    assert str(machine.directory) not in Path("/proc/mounts").read_text()

    await machine.start_rauc()
    assert await machine.call("GetPrimary") == ("rootfs.0",)
    properties = await machine.properties()
    assert (properties["Operation"], properties["LastError"], properties["Progress"]) == ("idle", "", [0, "", 0])
    assert (await slots(machine))["rootfs.1"]["boot-status"] == "bad"
    await machine.install("good")
    assert ("Completed", 0) in await machine.outcome()
    assert machine.uboot.read() == {"BOOT_ORDER": "B A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}


async def test_marks_change_only_these_variables(machine: Machine) -> None:
    machine.uboot.write({"BOOT_A_LEFT": "1", "BOOT_B_LEFT": "2"})
    assert await machine.call("Mark", "ss", "good", "booted") == ("rootfs.0", "marked slot rootfs.0 as good")
    assert machine.uboot.read() == {"BOOT_ORDER": "A B", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "2"}
    assert await machine.call("Mark", "ss", "bad", "other") == ("rootfs.1", "marked slot rootfs.1 as bad")
    assert machine.uboot.read() == {"BOOT_ORDER": "A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "0"}
    assert await machine.call("Mark", "ss", "active", "other") == ("rootfs.1", "activated slot rootfs.1")
    assert machine.uboot.read() == {"BOOT_ORDER": "B A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
    with pytest.raises(CallFailed, match="unknown subcommand nonsense"):
        await machine.call("Mark", "ss", "nonsense", "booted")


async def test_without_an_attempt_left_there_is_no_primary_slot(machine: Machine) -> None:
    machine.uboot.write({"BOOT_A_LEFT": "0", "BOOT_B_LEFT": "0"})
    with pytest.raises(CallFailed, match="Failed getting primary slot"):
        await machine.call("GetPrimary")
    assert {slot["boot-status"] for slot in (await slots(machine)).values()} == {"bad"}
