"""Sample snapshots: one for each view, and the variants that the golden pictures show."""

from dataclasses import replace

from mapio_display.core.failures import NO_TARGET_SLOT, RAUC_UNAVAILABLE, Failure, from_rauc
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import (
    Address,
    Bundle,
    Daemon,
    Lifecycle,
    Network,
    OsRelease,
    Phase,
    Rauc,
    Slot,
    Snapshot,
    Step,
    Update,
    Web,
)
from mapio_display.core.view import View

AT_REST = Snapshot(
    daemon=Daemon("0.1.0", "2026-11-23T14:05:00Z", ready=True, lifecycle=Lifecycle.RUNNING),
    boot_id="6f0c2a52-5e0e-4f0c-9a51-1b6f3c1f7c11",
    os=OsRelease("mapio", "1.3.0", "Mapio OS distribution 1.3.0 (Yocto scarthgap)"),
    hostname="mapio",
    network=Network("eth0", (Address("eth0", "192.168.1.123"),)),
    web=Web(enabled=True, listening=True),
    rauc=Rauc(available=True),
    slots=(
        Slot("rootfs.0", "A", "booted", "good", "1.3.0"),
        Slot("rootfs.1", "B", "inactive", "good", "1.2.0"),
    ),
    primary="rootfs.0",
    pin="402915",
)
UPDATED = replace(
    AT_REST,
    os=OsRelease("mapio", "1.4.0", "Mapio OS distribution 1.4.0 (Yocto scarthgap)"),
    slots=(
        Slot("rootfs.0", "A", "inactive", "good", "1.3.0"),
        Slot("rootfs.1", "B", "booted", "good", "1.4.0"),
    ),
    last_update=LastUpdate("u1", Result.SUCCEEDED, "1.3.0", "1.4.0", "B", "2026-11-23T14:05:00Z"),
)
BUNDLE = Bundle("mapio-bundle-1.4.0.raucb", 314572800, 314572800, "1.4.0")


def sample(view: View) -> Snapshot:
    """A snapshot that a gateway might have when it shows this view."""
    name = {View.UPDATE: "update-installing", View.RESULT: "result-succeeded"}.get(view, view.value)
    return variants()[name][1]


def variants() -> dict[str, tuple[View, Snapshot]]:
    """By name: each view in each of the states it has to tell apart."""
    return {
        "starting": (View.STARTING, Snapshot(Daemon("0.1.0"), os=AT_REST.os)),
        "starting-after-update": (View.STARTING, _updating(Step.JUDGING, Phase.REBOOTING)),
        "home": (View.HOME, AT_REST),
        "home-updated": (View.HOME, UPDATED),
        "home-rolled-back": (View.HOME, _ended(Result.ROLLED_BACK, "Slot B did not start.")),
        "home-no-network": (View.HOME, replace(AT_REST, network=Network())),
        "home-ipv6": (View.HOME, replace(AT_REST, network=Network("eth0", (Address("eth0", "2001:db8::7"),)))),
        "home-no-rauc": (View.HOME, replace(AT_REST, rauc=Rauc(available=False))),
        "home-web-off": (View.HOME, replace(AT_REST, web=Web(enabled=False))),
        "home-port-in-use": (View.HOME, replace(AT_REST, web=Web(error="Port 80 is in use by another program"))),
        "webserver": (View.WEBSERVER, AT_REST),
        "webserver-off": (View.WEBSERVER, replace(AT_REST, web=Web(enabled=False))),
        "webserver-port-in-use": (
            View.WEBSERVER,
            replace(AT_REST, web=Web(error="Port 80 is in use by another program")),
        ),
        "webserver-no-network": (View.WEBSERVER, replace(AT_REST, network=Network())),
        "update-receiving": (View.UPDATE, _updating(Step.RECEIVING, Phase.RECEIVING, 47, version=None)),
        "update-inspecting": (View.UPDATE, _updating(Step.INSPECTING, Phase.INSPECTING, version=None)),
        "update-installing": (View.UPDATE, _updating(Step.INSTALLING, Phase.INSTALLING, 80)),
        "update-rauc-stopped": (
            View.UPDATE,
            _updating(Step.JUDGING, Phase.INSTALLING, message="RAUC stopped; waiting for it"),
        ),
        "update-installed": (View.UPDATE, _updating(Step.INSTALLED, Phase.INSTALLED, 100)),
        "result-succeeded": (View.RESULT, UPDATED),
        "result-untrusted": (
            View.RESULT,
            _failed(from_rauc("signature verification failed: Verify error: self-signed certificate")),
        ),
        "result-damaged": (View.RESULT, _failed(from_rauc("Invalid bundle format: Signature size is 0"))),
        "result-no-rauc": (View.RESULT, _failed(RAUC_UNAVAILABLE)),
        "result-no-slot": (View.RESULT, _failed(NO_TARGET_SLOT)),
        "result-rolled-back": (
            View.RESULT,
            _ended(
                Result.ROLLED_BACK,
                "Slot B did not start, so the gateway went back to the system it had before. "
                "The new version is not in use.",
            ),
        ),
        "result-interrupted": (
            View.RESULT,
            _ended(
                Result.INTERRUPTED,
                "The connection was lost after 47 % of the transfer. Nothing was changed; send the bundle again.",
            ),
        ),
        "rebooting": (View.REBOOTING, _updating(Step.REBOOTING, Phase.REBOOTING)),
        "rebooting-unknown": (View.REBOOTING, _updating(Step.REBOOTING, Phase.REBOOTING, version=None)),
        "stopped": (View.STOPPED, AT_REST),
    }


def _updating(
    step: Step, phase: Phase, percent: int | None = None, *, version: str | None = "1.4.0", message: str | None = None
) -> Snapshot:
    bundle = replace(BUNDLE, version=version)
    return replace(AT_REST, update=Update(step, phase, "u1", percent, message, bundle))


def _failed(error: Failure) -> Snapshot:
    return replace(AT_REST, update=Update(Step.FAILED, Phase.FAILED, "u1", bundle=BUNDLE, error=error))


def _ended(result: Result, reason: str) -> Snapshot:
    last = LastUpdate("u1", result, "1.3.0", "1.4.0", "B", "2026-11-23T14:05:00Z", reason)
    return replace(AT_REST, last_update=last)
