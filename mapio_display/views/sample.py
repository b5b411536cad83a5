"""Sample snapshots: one for each view, and the variants that the golden pictures show."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.facts.buttons import Front
from mapio_display.core.facts.daemon import Daemon, Lifecycle
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.picture import Picture
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.failures import Failure, Why, of_rauc
from mapio_display.core.front.view import View
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.verdict import BY_OTHER_MEANS

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
PORT_IN_USE = Web(error="Port 80 is in use by another program")


def sample(view: View) -> Snapshot:
    """A snapshot that a gateway might have when it shows this view."""
    name = {
        View.UPDATE: "update-installing",
        View.RESULT: "result-succeeded",
        View.CUSTOM: "custom-none",
    }.get(view, view.value)
    return variants()[name][1]


def variants() -> dict[str, tuple[View, Snapshot]]:
    """By name: each view in each of the states it has to tell apart."""
    return _edges() | _hotspots() | _homes() | _web_servers() | _machines() | _updates() | _results()


def _edges() -> dict[str, tuple[View, Snapshot]]:
    return {
        "starting": (View.STARTING, Snapshot(Daemon("0.1.0"), os=AT_REST.os)),
        "starting-data": (
            View.STARTING,
            Snapshot(Daemon("0.1.0"), os=AT_REST.os, data_partition=DataPartition.AWAITED),
        ),
        "starting-after-update": (
            View.STARTING,
            replace(_updating(Step.JUDGING, Phase.REBOOTING), os=UPDATED.os),
        ),
        "rebooting": (View.REBOOTING, _updating(Step.REBOOTING, Phase.REBOOTING)),
        "rebooting-without-update": (View.REBOOTING, AT_REST),
        "countdown": (View.REBOOTING, replace(AT_REST, front=Front(held_since=0.0, countdown=2))),
        "rebooting-unknown": (View.REBOOTING, _updating(Step.REBOOTING, Phase.REBOOTING, version=None)),
        "rebooting-in-mid-update": (View.REBOOTING, _updating(Step.INSTALLING, Phase.INSTALLING, 42)),
        "stopped-mistake": (
            View.STOPPED,
            Snapshot(Daemon("0.1.0", error=MISTAKE), os=AT_REST.os),
        ),
        "stopped": (View.STOPPED, replace(AT_REST, stopped_at="14:05")),
        "stopped-off": (View.STOPPED, replace(AT_REST, shutdown=Shutdown.OFF, stopped_at="14:05")),
        "stopped-off-unknown-time": (View.STOPPED, replace(AT_REST, shutdown=Shutdown.OFF)),
    }


def _hotspots() -> dict[str, tuple[View, Snapshot]]:
    hotspot = Hotspot(HotspotState.ON, ssid="MAPIO", password="k7xq4nzt2h")  # noqa: S106 - a sample
    address = Network(None, (Address("wlan0_ap", "10.50.0.1"),))
    up = replace(AT_REST, hotspot=hotspot, network=address)
    strange = replace(hotspot, ssid='Mapio; the "one" in the garden')
    return {
        "hotspot": (View.HOTSPOT, up),
        "hotspot-no-buttons": (View.HOTSPOT, replace(up, buttons=False)),
        "hotspot-long-name": (View.HOTSPOT, replace(up, hotspot=strange)),
        "hotspot-no-password": (View.HOTSPOT, replace(up, hotspot=replace(hotspot, password=None))),
        "hotspot-off": (View.HOTSPOT, AT_REST),
        "hotspot-home": (View.HOME, up),
        "hotspot-webserver": (View.WEBSERVER, up),
    }


def _homes() -> dict[str, tuple[View, Snapshot]]:
    interrupted = _ended(Result.INTERRUPTED, None)
    long = replace(_long_name(AT_REST), os=OsRelease("mapio", LONG_VERSION), last_update=_last(Result.FAILED, None))
    return {
        "home": (View.HOME, AT_REST),
        "home-updated": (View.HOME, UPDATED),
        "home-rolled-back": (View.HOME, _ended(Result.ROLLED_BACK, None)),
        "home-no-network": (View.HOME, replace(AT_REST, network=Network())),
        "home-ipv6": (View.HOME, _ipv6(AT_REST)),
        "home-ipv6-no-name": (View.HOME, replace(_ipv6(AT_REST), hostname=None)),
        "home-no-data": (View.HOME, replace(AT_REST, data_partition=DataPartition.MISSING)),
        "home-read-only": (View.HOME, replace(AT_REST, system=System(data_writable=False))),
        "home-no-rauc": (View.HOME, replace(AT_REST, rauc=Rauc(available=False))),
        "home-web-off": (View.HOME, replace(AT_REST, web=Web(enabled=False))),
        "home-web-starting": (View.HOME, replace(AT_REST, web=Web())),
        "home-port-in-use": (View.HOME, replace(AT_REST, web=PORT_IN_USE)),
        "home-all-bad": (
            View.HOME,
            replace(interrupted, network=Network(), rauc=Rauc(available=False), web=PORT_IN_USE),
        ),
        "home-long": (View.HOME, long),
        "home-wrong-pins": (View.HOME, _guessed(AT_REST)),
        "home-wrong-pins-ipv6": (View.HOME, _guessed(AT_REST, "2001:db8:85a3:1234::/64")),
        "home-wrong-pins-no-data": (View.HOME, _guessed(replace(AT_REST, data_partition=DataPartition.MISSING))),
        "home-clock": (View.HOME, replace(AT_REST, clock="14:05")),
    }


def _web_servers() -> dict[str, tuple[View, Snapshot]]:
    other_port = replace(AT_REST, web=Web(listening=True, port=8080))
    return {
        "webserver": (View.WEBSERVER, AT_REST),
        "webserver-other-port": (View.WEBSERVER, other_port),
        "webserver-ipv6": (View.WEBSERVER, replace(_ipv6(other_port), hostname="mapio-in-the-garden-house")),
        "webserver-wrong-pins": (View.WEBSERVER, _guessed(AT_REST)),
        "webserver-updating": (View.WEBSERVER, _updating(Step.RECEIVING, Phase.RECEIVING, 47)),
        "webserver-long-name": (View.WEBSERVER, _long_name(AT_REST)),
        "webserver-off": (View.WEBSERVER, replace(AT_REST, web=Web(enabled=False))),
        "webserver-off-no-buttons": (View.WEBSERVER, replace(AT_REST, web=Web(enabled=False), buttons=False)),
        "webserver-starting": (View.WEBSERVER, replace(AT_REST, web=Web())),
        "webserver-port-in-use": (View.WEBSERVER, replace(AT_REST, web=PORT_IN_USE)),
        "webserver-no-network": (View.WEBSERVER, replace(AT_REST, network=Network())),
    }


def _machines() -> dict[str, tuple[View, Snapshot]]:
    busy = System(12.7, 4, 926_000_000, 1, 26_800_000_000, 0, 102, 400 * 86400)
    bad = (
        Slot("rootfs.0", "A", "booted", "good", LONG_VERSION),
        Slot("rootfs.1", "B", "inactive", "bad", "2.10.0-rc0+git20261031"),
    )
    unwell = replace(_ipv6(_ended(Result.ROLLED_BACK, None)), slots=bad, rauc=Rauc(available=False))
    missing = Picture(error="Put a picture at /usr/local/mapio-display/custom.png")
    return {
        "system": (View.SYSTEM, AT_REST),
        "system-busy": (View.SYSTEM, replace(AT_REST, system=busy)),
        "system-unknown": (View.SYSTEM, replace(AT_REST, system=System())),
        "status": (View.STATUS, replace(UPDATED, internet=True)),
        "status-unwell": (View.STATUS, unwell),
        "status-updating": (View.STATUS, _updating(Step.INSTALLING, Phase.INSTALLING, 42)),
        "status-no-internet": (View.STATUS, replace(AT_REST, internet=False)),
        "status-mains": (View.STATUS, replace(AT_REST, power=Power(mains=True, charging=True, battery_percent=82))),
        "status-mains-unknown": (View.STATUS, replace(AT_REST, power=Power(battery_percent=82, battery_volts=3.68))),
        "status-mains-no-voltage": (View.STATUS, replace(AT_REST, power=Power(mains=True, charging=True))),
        "status-long-interface": (View.STATUS, replace(_adapter(AT_REST), internet=False)),
        "status-battery": (View.STATUS, replace(UPDATED, power=Power(False, False, 17, 3.28))),
        "status-no-network": (View.STATUS, replace(AT_REST, network=Network(), slots=(), rauc=Rauc())),
        "custom-none": (View.CUSTOM, replace(AT_REST, picture=missing, views=(*AT_REST.views, "custom"))),
        "custom-loading": (View.CUSTOM, AT_REST),
    }


def _updates() -> dict[str, tuple[View, Snapshot]]:
    unknown_size = _updating(Step.RECEIVING, Phase.RECEIVING, version=None)
    manual = _updating(Step.INSTALLED, Phase.INSTALLED, 100)
    return {
        "update-receiving": (View.UPDATE, _updating(Step.RECEIVING, Phase.RECEIVING, 47, version=None)),
        "update-receiving-unknown-size": (View.UPDATE, unknown_size),
        "update-inspecting": (View.UPDATE, _updating(Step.INSPECTING, Phase.INSPECTING, version=None)),
        "update-installing": (View.UPDATE, _updating(Step.INSTALLING, Phase.INSTALLING, 80)),
        "update-installing-long": (
            View.UPDATE,
            replace(
                _updating(Step.INSTALLING, Phase.INSTALLING, 100, version=LONG_VERSION),
                os=OsRelease("mapio", "2.10.0-rc0+git20261031"),
            ),
        ),
        "update-rauc-stopped": (
            View.UPDATE,
            _updating(Step.JUDGING, Phase.INSTALLING, message="RAUC stopped; waiting for it to come back"),
        ),
        "update-installed": (View.UPDATE, manual),
        "update-not-restarted": (
            View.UPDATE,
            replace(manual, update=replace(manual.update, error=failures.REBOOT_IGNORED)),
        ),
    }


def _results() -> dict[str, tuple[View, Snapshot]]:
    system_before = "so the gateway went back to the system it had before. The new version is not in use."
    other_name = replace(UPDATED.last_update or _last(Result.SUCCEEDED, None), reason="The bundle called itself 1.4.1.")
    return {
        "result-succeeded": (View.RESULT, UPDATED),
        "result-succeeded-other-name": (View.RESULT, replace(UPDATED, last_update=other_name)),
        "result-succeeded-no-network": (View.RESULT, replace(UPDATED, network=Network())),
        "result-untrusted": (View.RESULT, _failed(of_rauc(Why.UNTRUSTED, "self-signed"))),
        "result-clock": (View.RESULT, _failed(of_rauc(Why.NOT_YET_VALID, "not yet", clock_is_right=False))),
        "result-wrong-device": (View.RESULT, _failed(of_rauc(Why.WRONG_DEVICE, ""))),
        "result-damaged": (View.RESULT, _failed(of_rauc(Why.DAMAGED, "Signature size is 0"))),
        "result-install-failed": (
            View.RESULT,
            _failed(
                of_rauc(
                    Why.UNKNOWN,
                    "Installation error: Failed updating slot rootfs.1: failed to copy the image, "
                    "and the kernel log says: mmcblk1: error -110 transferring data",
                )
            ),
        ),
        "result-no-rauc": (View.RESULT, _failed(failures.RAUC_UNAVAILABLE)),
        "result-low-battery": (View.RESULT, _failed(failures.LOW_BATTERY)),
        "result-no-slot": (View.RESULT, _failed(of_rauc(Why.NO_SLOT, ""))),
        "result-failed": (
            View.RESULT,
            _ended(Result.FAILED, "The installed slot is no longer the one that the next start would use."),
        ),
        "result-rolled-back": (View.RESULT, _ended(Result.ROLLED_BACK, f"Slot B did not start, {system_before}")),
        "result-installed": (View.RESULT, _ended(Result.INSTALLED, BY_OTHER_MEANS.format("B"))),
        "result-interrupted": (
            View.RESULT,
            _ended(Result.INTERRUPTED, failures.connection_lost(147849216, 314572800).message),
        ),
    }


def _updating(
    step: Step, phase: Phase, percent: int | None = None, *, version: str | None = "2.2", message: str | None = None
) -> Snapshot:
    bundle = replace(BUNDLE, version=version)
    return replace(AT_REST, update=Update(step, phase, "u1", percent, message, bundle))


def _failed(error: Failure) -> Snapshot:
    return replace(AT_REST, update=Update(Step.FAILED, Phase.FAILED, "u1", bundle=BUNDLE, error=error))


def _ended(result: Result, reason: str | None) -> Snapshot:
    return replace(AT_REST, last_update=_last(result, reason))


def _last(result: Result, reason: str | None) -> LastUpdate:
    return LastUpdate("u1", result, "2.1", "2.2", "B", "2026-11-23T14:05:00Z", reason)


def _guessed(snapshot: Snapshot, address: str = "192.168.1.66") -> Snapshot:
    return replace(snapshot, web=replace(snapshot.web, wrong_pins_from=address))


def _ipv6(snapshot: Snapshot) -> Snapshot:
    address = Address("eth0", "2001:0db8:85a3:1234:5678:8a2e:0370:7334")
    return replace(snapshot, network=Network("eth0", (address,)))


def _adapter(snapshot: Snapshot) -> Snapshot:
    """On a USB adapter, which systemd names by its hardware address."""
    address = Address("enx00e04c680001", "192.168.100.123")
    return replace(snapshot, network=Network(address.interface, (address,)))


def _long_name(snapshot: Snapshot) -> Snapshot:
    return replace(_ipv6(snapshot), hostname=LONGEST_NAME)
