"""RAUC's follower against a RAUC on a real bus that plays every trap of its interface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from dbus_next.aio.message_bus import MessageBus
from dbus_next.message import Message
from dbus_next.signature import Variant

from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucFound,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    Slot,
    SlotsRead,
)
from mapio_display.core.failures import Why
from mapio_display.errors import RaucError, RaucUnavailable
from mapio_display.host.bus import Connected, Signal, SystemBus, close
from mapio_display.rauc.rauc import INTERFACE, MOST_MESSAGES, NAME, PROPERTIES, UNIT, Rauc
from mapio_display.virtual.bus import PrivateBus
from mapio_display.virtual.systemd import VirtualSystemd
from tests.host.conftest import Events, unique_name_of_the_follower
from tests.rauc.conftest import PlayedRauc, row

BUSY = "already processing a different method"
REFUSED = "signature verification failed: Verify error: self-signed certificate"
BUNDLE = "/data/uploads/u1.raucb"


@asynccontextmanager
async def following(**patience: float) -> AsyncIterator[tuple[Rauc, Events]]:
    """The follower at work, and what it tells the state."""
    bus, events = SystemBus(), Events()
    rauc = Rauc(bus, events, **patience)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(bus.run()), group.create_task(rauc.run())]
        yield rauc, events
        for task in tasks:
            task.cancel()


@pytest.fixture
async def up(played: PlayedRauc) -> AsyncIterator[tuple[PlayedRauc, Rauc, Events]]:
    """RAUC and its follower, which has found it."""
    await played.start()
    async with following(call_s=5.0) as (rauc, events):
        await events.until(RaucFound)
        yield played, rauc, events


Up = tuple[PlayedRauc, Rauc, Events]


# Finding it


async def test_raucs_slots_are_known_before_it_is_called_found(played: PlayedRauc) -> None:
    installed = {
        "bundle__version": Variant("s", "1.4.0"),
        "installed__timestamp": Variant("s", "2026-11-23T14:05:00Z"),
        "installed__count": Variant("u", 4),
        "activated__count": Variant("u", 3),
        "later__addition": Variant("a{sv}", {}),
    }
    rows = [row("rootfs.1", "B", "inactive", **installed), row("rootfs.0", "A", "booted")]
    played.answers["GetSlotStatus"] = ("a(sa{sv})", [rows])
    await played.start()
    async with following() as (_, events):
        read = await events.until(SlotsRead)
        assert await events.until(RaucFound) == RaucFound(None)
    assert read.primary == "rootfs.0"
    assert read.slots == (
        Slot("rootfs.0", "A", "booted", "good"),
        Slot("rootfs.1", "B", "inactive", "good", "1.4.0", "2026-11-23T14:05:00Z", 4, 3),
    )


@pytest.mark.usefixtures("dbus")
async def test_without_rauc_it_is_absent_until_it_comes(played: PlayedRauc) -> None:
    async with following() as (_, events):
        assert await events.until(RaucLost) == RaucLost(absent=True)
        await played.start()
        await events.until(SlotsRead)
        await events.until(RaucFound)


async def test_a_rauc_that_is_gone_but_can_be_started_is_not_absent(dbus: PrivateBus, played: PlayedRauc) -> None:
    dbus.services.mkdir()
    (dbus.services / f"{NAME}.service").write_text(f"[D-BUS Service]\nName={NAME}\nExec=/bin/false\n")
    await dbus.stop()
    await dbus.start()
    await played.start()
    async with following() as (_, events):
        await events.until(RaucFound)
        played.stop()
        assert await events.until(RaucLost) == RaucLost(absent=False)


async def test_a_rauc_that_does_not_start_is_not_called_missing(dbus: PrivateBus) -> None:
    dbus.services.mkdir()  # one that dies of its own configuration leaves its name activatable
    (dbus.services / f"{NAME}.service").write_text(f"[D-BUS Service]\nName={NAME}\nExec=/bin/false\n")
    await dbus.stop()
    await dbus.start()
    async with following() as (_, events):
        assert await events.until(RaucLost) == RaucLost(absent=True, fails=True)


@pytest.mark.parametrize("unit", [None, "activating", "failed"])
async def test_a_rauc_that_is_slow_to_start_is_not_taken_for_one_that_does_not_start(
    dbus: PrivateBus, unit: str | None
) -> None:
    dbus.services.mkdir()  # the bus waits for it, as it waits for one that systemd starts
    (dbus.services / f"{NAME}.service").write_text(f"[D-BUS Service]\nName={NAME}\nExec=/bin/sleep 2\n")
    await dbus.stop()
    await dbus.start()
    systemd = VirtualSystemd(dbus.address, {UNIT: unit} if unit else {})
    await systemd.start()
    async with following(call_s=0.2) as (_, events):
        fails = unit == "failed"
        assert await events.until(RaucLost) == RaucLost(absent=True, fails=fails, slow=not fails)
    systemd.stop()


async def test_a_bundle_without_a_version_has_none(up: Up) -> None:
    played, rauc, _ = up
    played.answers["Info"] = ("ss", ["mapio-image", ""])  # as RAUC 1.8 says it
    assert await rauc.inspect(BUNDLE) is None
    played.answers["InspectBundle"] = ("a{sv}", [{"update": Variant("a{sv}", {"version": Variant("s", "")})}])
    rauc._has_inspect = True
    assert await rauc.inspect(BUNDLE) is None


@pytest.mark.parametrize(
    ("status", "version"), [("ok", "1.4.0"), ("failed", None), ("pending", None), ("update", None)]
)
async def test_no_version_is_reported_of_a_slot_that_was_not_written_to_its_end(
    up: Up, status: str, version: str | None
) -> None:
    played, rauc, events = up
    half = {"bundle__version": Variant("s", "1.4.0"), "status": Variant("s", status), "class": Variant("s", "rootfs")}
    played.answers["GetSlotStatus"] = ("a(sa{sv})", [[row("rootfs.1", "B", "inactive", **half)]])
    await rauc.read_slots()
    (slot,) = (await events.until(SlotsRead)).slots
    assert (slot.version, slot.incomplete, slot.slot_class) == (version, status != "ok", "rootfs")


async def test_a_rauc_that_goes_away_is_lost_and_may_come_back(up: Up, dbus: PrivateBus) -> None:
    played, _, events = up
    played.stop()
    assert await events.until(RaucLost) == RaucLost(absent=True)
    again = PlayedRauc(dbus.address)
    await again.start()
    await events.until(RaucFound)
    again.progress(40, "Checking bundle done.")
    assert await events.until(RaucProgress) == RaucProgress(40, "Checking bundle done.")
    again.stop()


async def test_a_rauc_that_hangs_is_slow_and_asked_again(played: PlayedRauc) -> None:
    answer, played.answers["GetSlotStatus"] = played.answers["GetSlotStatus"], None
    await played.start()
    async with following(call_s=0.1, ask_again_s=0.1) as (_, events):
        assert await events.until(RaucLost) == RaucLost(absent=True, slow=True)
        played.answers["GetSlotStatus"] = answer
        await events.until(RaucFound)


async def test_without_a_primary_slot_the_slots_are_reported_nevertheless(played: PlayedRauc) -> None:
    played.answers["GetPrimary"] = "Failed getting primary slot: uboot backend: Unable to find primary boot slot\n"
    await played.start()
    async with following() as (_, events):
        assert (await events.until(SlotsRead)).primary is None


@pytest.mark.parametrize("method", ["GetSlotStatus", "GetPrimary"])
async def test_a_busy_rauc_is_found_and_known_to_be_busy(played: PlayedRauc, method: str) -> None:
    played.answers[method] = BUSY
    await played.start()
    async with following() as (_, events):
        await events.until(RaucBusyObserved)
        await events.until(RaucFound)


# What it says while it installs


async def test_an_install_is_followed_to_its_end_and_the_slots_are_read_then(up: Up) -> None:
    played, rauc, events = up
    await rauc.install(BUNDLE)
    played.progress(0, "Installing")
    played.progress(80, "Updating slots")
    played.complete(0)
    assert await events.until(RaucProgress) == RaucProgress(0, "Installing")
    assert await events.until(RaucProgress) == RaucProgress(80, "Updating slots", writing=True)
    assert await events.until(RaucCompleted) == RaucCompleted(0, "")
    await events.until(SlotsRead)


class OneRead(SystemBus):
    """A bus on which RAUC's answer to InstallBundle and all its signals come in one read, as on a busy machine."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    async def call(self, *call: Any, within: float = 10.0) -> tuple[Any, ...]:
        if "InstallBundle" in call:
            return await self._answer
        return ([],) if "GetSlotStatus" in call else (":1.1",)

    def connect(self) -> None:
        self._tell(Connected())

    def read(self) -> None:
        self._tell(Signal(":1.1", PROPERTIES, "PropertiesChanged", (INTERFACE, {"Operation": "installing"})))
        self._answer.set_result(())
        self._tell(Signal(":1.1", INTERFACE, "Completed", (1,)))


async def test_the_caller_of_an_install_learns_of_its_beginning_before_its_end() -> None:
    bus, events, heard = OneRead(), Events(), list[Any]()
    rauc = Rauc(bus, events)

    async def install() -> None:
        await rauc.install(BUNDLE)
        heard.extend(events.all)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        following = group.create_task(rauc.run())
        bus.connect()
        await events.until(RaucFound)
        asked = group.create_task(install())
        await asyncio.sleep(0)
        bus.read()
        await asked
        await events.until(RaucCompleted)
        following.cancel()
    assert RaucCompleted(1, "") not in heard


class SlowToAsk(SystemBus):
    """A bus that was asked for RAUC's owner just before there was one."""

    def __init__(self, played: PlayedRauc) -> None:
        super().__init__()
        self._played: PlayedRauc | None = played

    async def owner(self, name: str) -> str | None:
        owner = await super().owner(name)
        if self._played is not None:
            played, self._played = self._played, None
            await played.start()
            while await super().owner(name) is None:
                pass
        return owner


async def test_a_rauc_that_comes_while_its_owner_is_asked_for_is_noticed(played: PlayedRauc) -> None:
    bus, events = SlowToAsk(played), Events()
    rauc = Rauc(bus, events)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(bus.run()), group.create_task(rauc.run())]
        await events.until(RaucFound)
        played.progress(40, "Updating slots")
        assert await events.until(RaucProgress) == RaucProgress(40, "Updating slots", writing=True)
        for task in tasks:
            task.cancel()


async def test_a_failed_install_comes_with_raucs_last_words(up: Up) -> None:
    played, rauc, events = up
    for _ in range(2):  # RAUC announces a text that did not change only once
        await rauc.install(BUNDLE)
        played.announce(LastError=Variant("s", REFUSED))
        played.complete(1)
        assert await events.until(RaucCompleted) == RaucCompleted(1, REFUSED, Why.UNTRUSTED)


async def test_the_text_of_an_earlier_install_is_not_taken_for_the_present_ones(up: Up) -> None:
    played, rauc, events = up
    await rauc.install(BUNDLE)
    played.announce(LastError=Variant("s", REFUSED))
    played.complete(1)
    await events.until(RaucCompleted)
    await rauc.install(BUNDLE)
    played.complete(0)
    assert await events.until(RaucCompleted) == RaucCompleted(0, "")


async def test_a_false_idle_in_mid_install_means_nothing(up: Up) -> None:
    played, rauc, events = up
    await rauc.install(BUNDLE)
    played.announce(Operation=Variant("s", "installing"))
    played.announce(Operation=Variant("s", "idle"))  # because another program's second install was refused
    played.progress(99, "Updating slots done.")
    played.complete(0)
    assert await events.until(RaucProgress) == RaucProgress(99, "Updating slots done.", writing=True)
    await events.until(RaucCompleted)


async def test_the_beginning_of_an_install_is_reported_for_any_caller(up: Up) -> None:
    played, _, events = up
    played.announce(Operation=Variant("s", "installing"))
    await events.until(RaucInstalling)
    played.announce(Operation=Variant("s", "idle"), Progress=Variant("(isi)", [5, "later", 1]))
    await events.until(RaucProgress)
    assert events.all == []


@pytest.mark.parametrize("method", ["GetSlotStatus", "GetPrimary", "Info"])
@pytest.mark.parametrize("reply", [("", []), ("i", [7]), ("aai", [[[1]]]), ("ssss", ["x" * 100_000, "", "", ""])])
async def test_replies_of_another_form_are_survived(up: Up, method: str, reply: tuple[str, list[Any]]) -> None:
    played, rauc, events = up
    played.answers[method] = reply
    await rauc.read_slots()
    read = await events.until(SlotsRead)
    assert len(read.primary or "") <= 2000
    assert len(await rauc.inspect(BUNDLE) or "") <= 2000


@pytest.mark.parametrize(
    "changes",
    [
        {"Operation": Variant("i", 1)},
        {"Operation": Variant("s", "exploding")},
        {"Progress": Variant("s", "half")},
        {"Progress": Variant("(isi)", [200, "too much", 1])},
        {"Progress": Variant("(isi)", [-1, "too little", 1])},
        {"Progress": Variant("(ss)", ["40", "forty"])},
        {"LastError": Variant("i", 5)},
        {"Novelty": Variant("a{sv}", {"x": Variant("i", 1)})},
    ],
)
async def test_a_property_of_an_unknown_form_is_passed_over(up: Up, changes: dict[str, Variant]) -> None:
    played, _, events = up
    played.announce(**changes)
    played.progress(20, "Checking bundle")
    assert await events.until(RaucProgress) == RaucProgress(20, "Checking bundle")


@pytest.mark.parametrize(
    ("signature", "body", "slots"),
    [
        ("s", ["nonsense"], 0),
        ("", [], 0),
        ("a(sa{ss})", [[["rootfs.0", {"bootname": "A", "installed.count": "many"}]]], 1),
        ("a(sa{sv})", [[["rootfs.0", {"bootname": Variant("i", 1), "state": Variant("as", [])}]]], 1),
        ("a(ss)", [[["rootfs.0", "booted"]]], 0),
    ],
)
async def test_a_slot_status_of_an_unknown_form_is_taken_for_what_it_says(
    up: Up, signature: str, body: list[Any], slots: int
) -> None:
    played, rauc, events = up
    played.answers["GetSlotStatus"] = (signature, body)
    await rauc.read_slots()
    read = await events.until(SlotsRead)
    assert len(read.slots) == slots
    assert all(slot.installed_count == 0 for slot in read.slots)


async def test_an_endless_text_is_cut(up: Up) -> None:
    played, _, events = up
    played.progress(20, "x" * 100_000)
    assert len((await events.until(RaucProgress)).message) == 2000


# Signals that are not RAUC's


async def test_a_strangers_signals_change_nothing(up: Up, dbus: PrivateBus) -> None:
    played, _, events = up
    stranger = await MessageBus(bus_address=dbus.address).connect()
    follower = await unique_name_of_the_follower(stranger)
    changes = {"Progress": Variant("(isi)", [100, "Installing done.", 1]), "LastError": Variant("s", "gotcha")}
    forged: list[tuple[str, str, str, str, list[Any]]] = [
        ("/", INTERFACE, "Completed", "i", [0]),
        ("/", "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", [INTERFACE, changes, []]),
        ("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "sss", [NAME, ":1.1", ""]),
    ]
    for path, interface, member, signature, body in forged:
        signal = Message.new_signal(path, interface, member, signature, body)
        signal.destination = follower
        await stranger.send(signal)
    await stranger.call(Message("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId"))  # all that has been sent
    close(stranger)
    played.progress(20, "Checking bundle")
    await events.until(RaucProgress, lambda event: event.percent == 20)
    assert events.all == []
    played.complete(1)
    assert await events.until(RaucCompleted) == RaucCompleted(1, "", Why.DAMAGED)


# Looking into a bundle


async def test_a_rauc_that_inspects_reports_the_version_or_its_reason(up: Up) -> None:
    played, rauc, _ = up
    told = {"update": Variant("a{sv}", {"version": Variant("s", "1.4.0"), "compatible": Variant("s", "mapio-image")})}
    played.answers["InspectBundle"] = ("a{sv}", [told])
    assert await rauc.inspect(BUNDLE) == "1.4.0"
    played.answers["InspectBundle"] = REFUSED
    with pytest.raises(RaucError, match="self-signed"):
        await rauc.inspect(BUNDLE)
    played.answers["InspectBundle"] = ("a{sv}", [{"update": Variant("s", "odd")}])
    assert await rauc.inspect(BUNDLE) is None
    assert "Info" not in played.asked


async def test_an_older_rauc_is_asked_for_info_and_from_then_on_at_once(up: Up) -> None:
    played, rauc, _ = up
    for _ in range(2):
        assert await rauc.inspect(BUNDLE) == "1.4.0"
    assert [member for member in played.asked if member in ("InspectBundle", "Info")] == [
        "InspectBundle",
        "Info",
        "Info",
    ]


async def test_what_rauc_1_8_does_not_say_of_a_bad_bundle_is_not_known(up: Up) -> None:
    played, rauc, _ = up
    played.answers["Info"] = "rauc info error"
    assert await rauc.inspect(BUNDLE) is None
    played.answers["Info"] = REFUSED
    with pytest.raises(RaucError, match="self-signed"):
        await rauc.inspect(BUNDLE)


@pytest.mark.parametrize(("says", "last"), [(BUSY, "Info"), ("rauc info error", "GetPrimary")])
async def test_a_bundle_is_not_looked_into_while_rauc_installs_something_else(up: Up, says: str, last: str) -> None:
    played, rauc, _ = up
    info, primary = played.answers["Info"], played.answers["GetPrimary"]
    played.answers |= {"Info": says, "GetPrimary": BUSY}
    async with asyncio.TaskGroup() as group:
        inspecting = group.create_task(rauc.inspect(BUNDLE))
        for _ in range(2):  # it is asked again and again
            played.asked.clear()
            await asked(played, last)
        assert not inspecting.done()
        played.answers |= {"Info": info, "GetPrimary": primary}
    assert inspecting.result() == "1.4.0"


async def asked(played: PlayedRauc, member: str) -> None:
    """Wait for a call."""
    async with asyncio.timeout(10):
        while member not in played.asked:
            played.called.clear()
            await played.called.wait()


# Installing


@pytest.mark.parametrize("text", [BUSY, "Unsupported key: nonsense"])
async def test_an_install_that_rauc_will_not_begin_is_an_error(up: Up, text: str) -> None:
    played, rauc, _ = up
    played.answers["InstallBundle"] = text
    with pytest.raises(RaucError, match=text):
        await rauc.install(BUNDLE)


async def test_a_rauc_that_dies_before_it_answers_may_have_begun(up: Up) -> None:
    played, rauc, events = up
    played.answers["InstallBundle"] = None
    async with asyncio.TaskGroup() as group:
        group.create_task(unavailable(rauc))
        await asked(played, "InstallBundle")
        played.stop()
    await events.until(RaucLost)


async def unavailable(rauc: Rauc) -> None:
    with pytest.raises(RaucUnavailable):
        await rauc.install(BUNDLE)


async def test_without_a_bus_nothing_can_be_asked_and_rauc_is_absent(up: Up, dbus: PrivateBus) -> None:
    _, rauc, events = up
    await dbus.stop()
    assert await events.until(RaucLost) == RaucLost(absent=True)
    with pytest.raises(RaucUnavailable):
        await rauc.read_slots()


# A RAUC that does not stop


async def test_a_rauc_that_repeats_itself_writes_each_line_once(up: Up, caplog: pytest.LogCaptureFixture) -> None:
    played, _, events = up
    for number in range(300):
        played.progress(number % 101, ("Checking bundle", "Copying image")[number % 2])
        played.announce(Progress=Variant("s", f"odd {number}"))
        await played.sent()
    played.progress(50, "Installing done.")
    last = await events.until(RaucProgress, lambda event: event.message == "Installing done.")
    assert last == RaucProgress(50, "Installing done.")
    assert len(caplog.records) == 1, "an odd form is reported once"


async def test_a_rauc_that_never_ends_its_words_is_followed_by_its_percents(up: Up) -> None:
    played, _, events = up
    for number in range(MOST_MESSAGES + 200):
        played.progress(min(100, number), f"step {number}")
        await played.sent()
    messages: list[str] = []
    while len(messages) < MOST_MESSAGES + 200:
        messages.append((await events.until(RaucProgress)).message)
    assert len(set(messages)) == MOST_MESSAGES
    played.complete(1)
    await events.until(RaucCompleted)
    played.progress(1, "the next install")
    assert (await events.until(RaucProgress)).message == "the next install"
