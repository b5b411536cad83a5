"""Sample snapshots: of a gateway at rest, what they are made of, and those of each view by its name."""

from dataclasses import replace
from importlib import import_module

from mapio_display.core.facts.daemon import Daemon, Lifecycle
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.failures import Failure
from mapio_display.core.message import Message, message
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.names import names

AT_REST = Snapshot(
    daemon=Daemon("0.1.0", "2026-11-23T14:05:00Z", ready=True, lifecycle=Lifecycle.RUNNING),
    boot_id="6f0c2a52-5e0e-4f0c-9a51-1b6f3c1f7c11",
    os=OsRelease("mapio", "2.1", "Mapio OS distribution 2.1 (Yocto scarthgap)"),
    hostname="mapio",
    network=Network("eth0", (Address("eth0", "192.168.1.123"),)),
    web=Web(enabled=True, listening=True),
    rauc=Rauc(available=True),
    slots=(
        Slot("rootfs.0", "A", "booted", "good", "2.1"),
        Slot("rootfs.1", "B", "inactive", "good", "2.0"),
    ),
    pin="402915",
    views=("home", "webserver", "system", "status"),
    buttons=True,
    system=System(0.4, 4, 926_000_000, 574_000_000, 26_800_000_000, 23_900_000_000, 47, 273_900),
)
UPDATED = replace(
    AT_REST,
    os=OsRelease("mapio", "2.2", "Mapio OS distribution 2.2 (Yocto scarthgap)"),
    slots=(
        Slot("rootfs.0", "A", "inactive", "good", "2.1"),
        Slot("rootfs.1", "B", "booted", "good", "2.2"),
    ),
    last_update=LastUpdate("u1", Result.SUCCEEDED, "2.1", "2.2", "B", "2026-11-23T14:05:00Z"),
)
BUNDLE = Bundle("mapio-bundle-image-mapio-cm4-64-20260115.raucb", 314572800, 314572800, "2.2")


LONGEST_NAME = "gateway-of-the-house-at-the-far-end-of-the-long-road-by-the-sea"  # 63 letters, as RFC 1123 allows
LONG_VERSION = "2.10.0-rc1+git20261101"
MISTAKE = "/usr/local/mapio-display/config.toml: web.port: must be between 1 and 65535, not 0"
PORT_IN_USE = Web(error=message("port.in-use", port=80))


def sample(view: str) -> Snapshot:
    """A snapshot that a gateway might have when it shows this view."""
    return next(iter(samples(view).values()))


def samples(view: str) -> dict[str, Snapshot]:
    """By name: the states that this view has to distinguish."""
    found: dict[str, Snapshot] = import_module(f"mapio_display.views.samples.{view}").SAMPLES
    return found


def variants() -> dict[str, tuple[str, Snapshot]]:
    """By name: each view in each of the states that it has to distinguish."""
    return {name: (view, snapshot) for view in names() for name, snapshot in samples(view).items()}


def updating(
    step: Step, phase: Phase, percent: int | None = None, *, version: str | None = "2.2", message: Message | None = None
) -> Snapshot:
    """With an update at that step."""
    bundle = replace(BUNDLE, version=version)
    return replace(AT_REST, update=Update(step, phase, "u1", percent, message, bundle))


def failed(error: Failure) -> Snapshot:
    """With an update that failed."""
    return replace(AT_REST, update=Update(Step.FAILED, Phase.FAILED, "u1", bundle=BUNDLE, error=error))


def ended(result: Result, reason: Message | None) -> Snapshot:
    """With a last update that ended so."""
    return replace(AT_REST, last_update=last(result, reason))


def last(result: Result, reason: Message | None) -> LastUpdate:
    """A last update that ended so."""
    return LastUpdate("u1", result, "2.1", "2.2", "B", "2026-11-23T14:05:00Z", reason)


def guessed(snapshot: Snapshot, address: str = "192.168.1.66") -> Snapshot:
    """While ``address`` tries wrong PINs."""
    return replace(snapshot, web=replace(snapshot.web, wrong_pins_from=address))


def ipv6(snapshot: Snapshot) -> Snapshot:
    """With no address but one of IPv6."""
    address = Address("eth0", "2001:0db8:85a3:1234:5678:8a2e:0370:7334")
    return replace(snapshot, network=Network("eth0", (address,)))


def adapter(snapshot: Snapshot) -> Snapshot:
    """On a USB adapter, which systemd names by its hardware address."""
    address = Address("enx00e04c680001", "192.168.100.123")
    return replace(snapshot, network=Network(address.interface, (address,)))


def long_name(snapshot: Snapshot) -> Snapshot:
    """With the longest host name there can be."""
    return replace(ipv6(snapshot), hostname=LONGEST_NAME)
