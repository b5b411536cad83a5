"""Samples of the view "hotspot"."""

from dataclasses import replace

from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.wifi import WRONG_PASSWORD, Wifi
from mapio_display.core.ssid import ssid_of
from mapio_display.views.sample import AT_REST

hotspot = Hotspot(HotspotState.ON, ssid="MAPIO", password="k7xq4nzt2h")  # noqa: S106 - a sample
address = Network(None, (Address("wlan0_ap", "10.50.0.1"),))
up = replace(AT_REST, hotspot=hotspot, network=address)
strange = replace(hotspot, ssid='Mapio; the "one" in the garden')
wifi = Wifi(available=True, interface="wlan0")
set_up = replace(up, wifi=wifi)
SAMPLES = {
    "hotspot": up,
    "hotspot-no-buttons": replace(up, buttons=False),
    "hotspot-long-name": replace(up, hotspot=strange),
    "hotspot-no-password": replace(up, hotspot=replace(hotspot, password=None)),
    "hotspot-set-up": set_up,
    "hotspot-wrong-password": replace(set_up, wifi=replace(wifi, result=ssid_of(b"Home"), error=WRONG_PASSWORD)),
    "hotspot-off": AT_REST,
}
