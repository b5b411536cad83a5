"""The first set-up without a cable, by radio: the hotspot, a phone that joins it, and the networks of a router."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mapio_display.words.catalogue import ENGLISH
from tests.machine import radio
from tests.machine.gateway import Status
from tests.machine.image.make import delivered
from tests.machine.machines import KEPT, Machines, kept
from tests.machine.radio import ATTIC, CELLAR, HOME, NETWORKS, PASSWORDS, Air, Answer, Cordless, Station
from tests.soak import glass

pytestmark = [pytest.mark.machine, pytest.mark.long, pytest.mark.timeout(3600)]

HOTSPOT = "10.50.0.1"
FILE = "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"
UNIT = "wpa_supplicant@wlan0.service"
OLD = 'network={\n\tssid="Office"\n\tpsk="before the move"\n}\n'
PROBE = "connectivitycheck.gstatic.com"
SIZES = range(13, 33)  # pixels; of the letters on the panel


class Setup:
    """A gateway without a cable, with router and phone near it."""

    def __init__(self, gateway: Cordless) -> None:
        self.gateway = gateway
        self.sh = gateway.console.sh
        self.air = Air(gateway)
        self.phone = self.air.phone
        self.air.begin()

    def wait(self, what: str, holds: Callable[[Status], object], within_s: float = 600) -> Status:
        return self.gateway.wait(what, holds, within_s)

    def shows(self, view: str) -> Status:
        """The status, as soon as the panel shows a view."""
        return self.wait(f"the view {view}", lambda status: status["panel"]["view"] == view, 120)

    def reads_on_the_glass(self, text: str) -> None:
        """Wait until this stands there."""
        ends_at = time.monotonic() + 120
        while not self._is_on_the_glass(text):
            assert time.monotonic() < ends_at, f"{text} is not on the glass"
            time.sleep(1)

    def _is_on_the_glass(self, text: str) -> bool:
        shown = self.gateway.board.glass()
        return any(glass.shows(shown, text, size, white=white) for size in SIZES for white in (False, True))

    def reads(self, beginning: str) -> str:
        """What a code on the glass holds, as soon as there is one that begins so."""
        ends_at = time.monotonic() + 120
        while not (found := [text for text in radio.codes(self.gateway.board.glass()) if text.startswith(beginning)]):
            assert time.monotonic() < ends_at, f"there is no code {beginning} on the glass"
            time.sleep(1)
        return found[0]

    def phone_joins_the_hotspot(self) -> dict[str, str]:
        """As with a phone's camera: by the code on the glass."""
        self.wait("the hotspot", lambda status: status["hotspot"]["state"] == "on")
        code = re.fullmatch("WIFI:T:WPA;S:MAPIO;P:([a-z0-9]+);;", self.reads("WIFI:"))
        assert code is not None
        return self.phone.join("MAPIO", code[1])

    def joins(self, station: Station, host: str, ssid: str, password: str, **more: Any) -> Answer:
        return station.http("POST", host, "/api/wifi", {"ssid": ssid, "password": password, **more})

    def arrives(self, *among: str, within_s: float = 600) -> tuple[str, str]:
        """One of the router's networks and the gateway's address there, as soon as it has one."""

        def there(status: Status) -> bool:
            ssid = joined(status)
            return ssid in among and status["wifi"]["joining"] is None and bool(address(status, ssid))

        ssid = joined(status := self.wait(f"an address in {among}", there, within_s))
        return ssid, address(status, ssid)

    def saved(self) -> str:
        return self.sh(f"cat {FILE}")


def joined(status: Status) -> str:
    return str((status["wifi"]["joined"] or {}).get("name", ""))


def address(status: Status, ssid: str) -> str:
    found = (one["address"] for one in status["network"]["addresses"])
    return next((one for one in found if one.startswith(NETWORKS[ssid])), "")


@pytest.fixture(scope="module")
def begun(machines: Machines) -> Iterator[Setup]:
    """A gateway with a network of before, which is nowhere around."""
    machines.drop()
    with Cordless(delivered(), KEPT / "radio") as gateway:
        machines.all.append(gateway)
        gateway.boot()
        begun = Setup(gateway)
        gateway.put(FILE, begun.saved() + "\n" + OLD)
        yield begun


@pytest.fixture
def setup(machines: Machines, begun: Setup, request: pytest.FixtureRequest) -> Iterator[Setup]:
    with kept(machines, begun.gateway, request.node):
        yield begun


def test_without_a_network_the_hotspot_comes_and_a_phone_finds_the_page(setup: Setup) -> None:
    gateway, phone = setup.gateway, setup.phone
    lease = setup.phone_joins_the_hotspot()
    assert lease["address"].startswith("10.50.0.")
    status = setup.shows("hotspot")
    assert [one["address"] for one in status["network"]["addresses"]] == [HOTSPOT]
    probe = phone.http("GET", HOTSPOT, "/generate_204", Host=PROBE)
    assert (probe.status, probe.headers.get("location")) == (302, f"http://{HOTSPOT}/setup")
    assert phone.http("GET", HOTSPOT, "/", Host="www.example.org").status == 403
    assert phone.http("GET", HOTSPOT, "/setup").status == 200
    assert phone.http("GET", HOTSPOT, "/api/wifi/networks").status == 401
    for view in ("home", "webserver"):
        gateway.press("BUTTON_DOWN")
        setup.shows(view)
    url, _, pin = setup.reads(f"http://{HOTSPOT}").partition("#")
    assert url.rstrip("/") == f"http://{HOTSPOT}"
    setup.reads_on_the_glass(pin)
    assert phone.http("POST", HOTSPOT, "/api/session", {"pin": "000000" if pin != "000000" else "1"}).status == 401
    assert phone.http("POST", HOTSPOT, "/api/session", {"pin": pin}).status == 200
    assert gateway.board.chip.violations == []


def test_a_scan_beside_the_hotspot_leaves_the_phone_in_it(setup: Setup) -> None:
    phone = setup.phone
    # A scan waits for answers for some 30 ms on each channel, in which a router on a loaded host gives none.
    for _ in range(5):
        assert phone.http("POST", HOTSPOT, "/api/wifi/networks", {}).status == 200
        setup.wait("the scan", lambda status: not status["wifi"]["scanning"], 120)
        answer = phone.http("GET", HOTSPOT, "/api/wifi/networks").json
        if len(answer["networks"]) == 2:
            break
    assert answer["error"] is None
    assert {one["name"]: one["security"] for one in answer["networks"]} == {HOME: "wpa2", ATTIC: "wpa3"}
    assert [one["name"] for one in answer["saved"]] == ["Office"]
    assert phone.joined
    assert setup.sh(f"systemctl is-active {UNIT} || true") == "inactive"
    assert setup.wait("a status", lambda _status: True)["hotspot"]["state"] == "on"


def test_with_a_name_server_as_documented_a_phone_is_led_to_the_page(setup: Setup) -> None:
    gateway, phone = setup.gateway, setup.phone
    network = "/etc/systemd/network/30-wlan_ap.network"
    gateway.put(network, setup.sh(f"cat {network}") + "\n[DHCPServer]\nDNS=_server_address\n")
    gateway.put("/etc/systemd/resolved.conf.d/hotspot.conf", f"[Resolve]\nDNSStubListenerExtra={HOTSPOT}\n")
    setup.sh(f"echo {HOTSPOT} {PROBE} >>/etc/hosts; systemctl restart systemd-resolved; networkctl reload")
    setup.wait("the hotspot", lambda status: status["hotspot"]["state"] == "on")
    assert phone.lease()["dns"] == HOTSPOT
    probe = phone.http("GET", PROBE, "/generate_204")
    assert (probe.status, probe.headers.get("location")) == (302, f"http://{HOTSPOT}/setup")


def test_with_a_wrong_password_the_hotspot_returns_and_says_why(setup: Setup) -> None:
    phone, gateway = setup.phone, setup.gateway
    assert setup.joins(phone, HOTSPOT, HOME, "wrong horse").status == 202
    setup.shows("wifi")
    status = setup.wait("the end of the join", lambda status: not status["wifi"]["joining"])
    assert status["wifi"]["error"]["code"] == "wifi-wrong-password"
    setup.phone_joins_the_hotspot()
    setup.reads_on_the_glass(f"{HOME}: Wrong")  # the line breaks there
    assert ENGLISH.text("wifi-wrong-password") in phone.http("GET", HOTSPOT, "/setup").body
    assert OLD in setup.saved() + "\n"
    assert HOME not in setup.saved()
    assert setup.sh(f"systemctl is-enabled {UNIT} || true") == "disabled"
    assert gateway.board.chip.violations == []


def test_with_the_right_password_the_gateway_is_in_the_house(setup: Setup) -> None:
    gateway = setup.gateway
    assert setup.joins(setup.phone, HOTSPOT, HOME, PASSWORDS[HOME]).status == 202
    _, at = setup.arrives(HOME)
    status = setup.wait("the hotspot's end", lambda status: status["hotspot"]["state"] == "off")
    setup.reads_on_the_glass(at)
    assert "wlan0_ap" not in setup.sh("ls /sys/class/net")
    assert status["wifi"]["error"] is None
    saved = setup.saved()
    assert OLD in saved + "\n"
    assert f'ssid="{HOME}"' in saved
    assert PASSWORDS[HOME] not in saved
    assert setup.sh(f"stat -c '%a %U' {FILE}; systemctl is-enabled {UNIT}").split() == ["600", "root", "enabled"]
    assert not [line for line in setup.sh("journalctl -b 0 --no-pager").splitlines() if "horse" in line]
    assert setup.air.router.http("GET", at, "/").status == 200
    assert gateway.board.chip.violations == []


def test_it_joins_wpa3_and_a_hidden_network(setup: Setup) -> None:
    router, pin = setup.air.router, setup.gateway.pin
    _, at = setup.arrives(HOME)
    for ssid, more in ((ATTIC, {}), (CELLAR, {"hidden": True})):
        assert router.http("POST", at, "/api/session", {"pin": pin}).status == 200
        assert setup.joins(router, at, ssid, PASSWORDS[ssid], **more).status == 202
        setup.wait("the join", lambda status: status["wifi"]["joining"], 30)
        _, at = setup.arrives(ssid)
        setup.reads_on_the_glass(at)
        assert f'ssid="{ssid}"' in setup.saved()
    assert "sae_password" in setup.saved()


def test_a_router_that_starts_later_is_joined_from_the_hotspot(setup: Setup) -> None:
    here = setup.gateway.console.here
    setup.gateway.console.type("reboot")
    setup.gateway.comes_up(here)
    setup.wait("the hotspot", lambda status: status["hotspot"]["state"] == "on")
    setup.air.begin()
    setup.arrives(*NETWORKS, within_s=900)  # which of them is chance: on a loaded host a scan can miss one
    setup.wait("the hotspot's end", lambda status: status["hotspot"]["state"] == "off")


def test_the_last_network_forgotten_brings_the_hotspot(setup: Setup) -> None:
    router, (last, at) = setup.air.router, setup.arrives(*NETWORKS)
    assert router.http("POST", at, "/api/session", {"pin": setup.gateway.pin}).status == 200
    for ssid in ("Office", *(one for one in NETWORKS if one != last), last):
        assert router.http("DELETE", at, "/api/wifi", {"ssid": ssid}).status == 200
    setup.wait("the hotspot", lambda status: status["hotspot"]["state"] == "on")
    assert "network=" not in setup.saved()
    assert setup.sh(f"systemctl is-enabled {UNIT} || true") == "disabled"
