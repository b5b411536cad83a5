"""Bundles, good and bad, on the virtual gateway with the real RAUC: what becomes of slots, U-Boot, disk and panel."""

import asyncio
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from mapio_display.client import DaemonClient
from mapio_display.core.front.names import View
from mapio_display.virtual.bus import call_once
from mapio_display.virtual.rauc_service import real_rauc_runs
from mapio_display.words.catalogue import ENGLISH
from tests.gateway.conftest import Gateway

pytestmark = [pytest.mark.xdist_group("gateway-updates"), pytest.mark.timeout(150)]

OTHER = {"A": "B", "B": "A"}


@pytest.mark.root
def test_the_real_rauc_is_what_is_tested() -> None:
    assert real_rauc_runs(), "these tests take root and the rauc package; `make test` as root installs it"


@pytest.mark.parametrize(("bundle", "version"), [("good", "2.2"), ("older", "2.0")])
def test_a_bundle_of_the_maker_is_installed_booted_and_reported(gateway: Gateway, bundle: str, version: str) -> None:
    before = gateway.at_rest()
    source = next(slot["bootname"] for slot in before["slots"] if slot["state"] == "booted")
    target = OTHER[source]

    answer = gateway.upload(bundle)
    assert answer.status == 202, answer.body
    after = gateway.after_reboot(before["boot_id"])

    assert after["os"]["version"] == version
    assert gateway.slot_version(target) == version
    last = after["last_update"]
    assert (last["id"], last["result"]) == (answer.json["id"], "succeeded")
    assert (last["from_version"], last["to_version"], last["slot"]) == (before["os"]["version"], version, target)
    environment = gateway.uboot()
    assert environment["BOOT_ORDER"] == f"{target} {source}"
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)
    # Marking good follows the boot: all three attempts are there again.
    gateway.wait("the slot marked good", lambda _: gateway.uboot()[f"BOOT_{target}_LEFT"] == "3")


@pytest.mark.parametrize(
    ("bundle", "code", "text"),
    [
        ("untrusted", "untrusted", "signature verification failed"),
        ("wrong-board", "wrong-device", "Compatible mismatch: Expected 'mapio-image'"),
        ("truncated", "damaged", "Invalid bundle format"),
        ("no bundle", "damaged", "Invalid bundle format"),
    ],
)
def test_a_bad_bundle_is_refused_with_raucs_words_and_nothing_changes(
    gateway: Gateway, tmp_path: Path, bundle: str, code: str, text: str
) -> None:
    before = gateway.at_rest()
    slots = {name: Path(image).read_bytes() for name, image in gateway.facts["slots"].items()}
    environment = gateway.uboot()
    if bundle == "no bundle":
        (tmp_path / "holiday.txt").write_text("This is not a bundle, it is a letter.\n" * 100)

    answer = gateway.upload(tmp_path / "holiday.txt" if bundle == "no bundle" else bundle)

    assert answer.status == 422
    error = answer.json["error"]
    assert error["code"] == code
    assert text in error["detail"]
    gateway.glass_shows(View.RESULT)
    after = gateway.status()
    assert after["update"]["phase"] == "failed"
    assert after["update"]["error"] == error
    assert after["boot_id"] == before["boot_id"]
    assert after["last_update"] == before["last_update"]
    gateway.store_is_emptied()
    assert {name: Path(image).read_bytes() for name, image in gateway.facts["slots"].items()} == slots
    assert gateway.uboot() == environment


def test_a_bundle_that_does_not_boot_is_rolled_back_and_that_is_reported(gateway: Gateway) -> None:
    before = gateway.at_rest()
    source = next(slot["bootname"] for slot in before["slots"] if slot["state"] == "booted")
    answer = gateway.upload("broken")
    assert answer.status == 202, answer.body
    after = gateway.after_reboot(before["boot_id"])
    assert after["os"]["version"] == before["os"]["version"]
    last = after["last_update"]
    assert (last["result"], last["from_version"], last["to_version"]) == (
        "rolled-back",
        before["os"]["version"],
        "2.3",
    )
    assert f"Slot {OTHER[source]} did not start" in last["reason"]
    assert gateway.uboot()[f"BOOT_{OTHER[source]}_LEFT"] == "0", "all of its attempts are used up"
    assert gateway.slot_version(OTHER[source]) == "2.3"
    gateway.store_is_emptied()
    gateway.glass_shows(View.RESULT)


def test_the_consoles_picture_is_pixel_for_pixel_what_the_glass_shows_and_the_pages_but_for_the_secrets(
    gateway: Gateway, tmp_path: Path
) -> None:
    shown = tmp_path / "shown.png"
    status = gateway.wait("a drawn panel", lambda s: s["panel"]["view"] in ("home", "result"))
    client = DaemonClient(gateway.directory / "run" / "api.sock", ENGLISH)

    def same(_: object) -> bool:
        shown.write_bytes(client.picture())
        return Image.open(shown).convert("1").tobytes() == gateway.glass().tobytes()

    gateway.wait(f"the same picture ({status['panel']['view']})", same)
    masked = tmp_path / "masked.png"
    masked.write_bytes(gateway.ask("GET", "/api/panel.png").body)
    blanked = ImageChops.difference(Image.open(masked).convert("L"), Image.open(shown).convert("L"))
    if status["panel"]["view"] == "home":
        assert blanked.getbbox() is not None


def test_an_install_of_another_program_is_shown_and_its_reboot_left_to_it(gateway: Gateway) -> None:
    before = gateway.at_rest()
    source = next(slot["bootname"] for slot in before["slots"] if slot["state"] == "booted")
    rauc = ("de.pengutronix.rauc", "/", "de.pengutronix.rauc.Installer")
    bundle = gateway.facts["bundles"]["good"]
    asyncio.run(call_once(gateway.facts["bus"], rauc, "InstallBundle", "sa{sv}", bundle, {}))
    seen = gateway.wait("the install", lambda s: s["update"]["phase"] == "installing" and s["update"]["percent"])
    assert (seen["update"]["id"], seen["update"]["bundle"]) == (None, None)
    after = gateway.wait("its end", lambda s: s["update"]["phase"] == "idle")
    assert after["boot_id"] == before["boot_id"]
    assert after["last_update"] == before["last_update"]
    assert gateway.uboot()["BOOT_ORDER"].split()[0] == OTHER[source], "it would be started next"


def test_the_announced_bundle_is_downloaded_and_installed_with_one_command(gateway: Gateway) -> None:
    before = gateway.at_rest()
    if before["os"]["version"] == "2.2":  # nothing newer is announced
        gateway.upload("older")
        before = gateway.after_reboot(before["boot_id"])
        gateway.at_rest()
    checked = gateway.command("update", "--check")
    assert (checked.returncode, checked.stdout.splitlines()[0].partition(" (")[0]) == (0, "2.2 is available")
    asked = gateway.command("update")
    assert asked.returncode == 0, asked.stderr
    after = gateway.after_reboot(before["boot_id"])
    last = after["last_update"]
    assert (last["result"], last["to_version"], after["os"]["version"]) == ("succeeded", "2.2", "2.2")
    gateway.store_is_emptied()
    assert after["release"]["version"] is None
    again = gateway.command("update")
    assert (again.returncode, again.stdout.strip()) == (0, "There is no newer version.")
