"""Samples of the view "wifi"."""

from dataclasses import replace

from mapio_display.core.facts import wifi as facts
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.wifi import Joining, Wifi, WifiStage
from mapio_display.core.failures import Failure, failure
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.ssid import ssid_of
from mapio_display.views.sample import AT_REST

STATION = "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"
READ_ONLY = failure("wifi-file.not-written", file=STATION, reason="Read-only file system")
home = ssid_of(b"Home")
longest = ssid_of("Wi-Fi de la maison 5 GHz – été \x1b[".encode())
wifi = Wifi(available=True, interface="wlan0")
joining = Joining(home, WifiStage.CONNECTING, over_hotspot=True)
alone = replace(AT_REST, network=Network())
joined = replace(
    AT_REST,
    network=Network("wlan0", (Address("wlan0", "192.168.1.30"),)),
    wifi=replace(wifi, joined=home, result=home, result_until=1.0),
)


def failed(error: Failure) -> Snapshot:
    """After a join that failed so."""
    return replace(alone, wifi=replace(wifi, result=home, error=error, result_until=1.0))


SAMPLES = {
    "wifi": replace(alone, wifi=replace(wifi, joining=joining)),
    "wifi-by-cable": replace(AT_REST, wifi=replace(wifi, joining=replace(joining, over_hotspot=False))),
    "wifi-long-name": replace(alone, wifi=replace(wifi, joining=replace(joining, ssid=longest))),
    "wifi-joined": joined,
    "wifi-joined-no-network": replace(joined, network=Network()),
    "wifi-wrong-password": failed(facts.WRONG_PASSWORD),
    "wifi-not-found": failed(facts.NOT_FOUND),
    "wifi-no-answer": failed(facts.NO_ANSWER),
    "wifi-no-address": failed(facts.NO_ADDRESS),
    "wifi-not-saved": failed(READ_ONLY),
    "wifi-silent": failed(facts.silent("")),
}
