"""Samples of the view "webserver"."""

from dataclasses import replace

from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.facts.web import Web
from mapio_display.views.sample import (
    AT_REST,
    PORT_IN_USE,
    guessed,
    ipv6,
    long_name,
    updating,
)

other_port = replace(AT_REST, web=Web(listening=True, port=8080))
hotspot = Hotspot(HotspotState.ON, ssid="MAPIO", password="k7xq4nzt2h")  # noqa: S106 - a sample
address = Network(None, (Address("wlan0_ap", "10.50.0.1"),))
up = replace(AT_REST, hotspot=hotspot, network=address)
strange = replace(hotspot, ssid='Mapio; the "one" in the garden')
SAMPLES = {
    "webserver": AT_REST,
    "hotspot-webserver": up,
    "webserver-other-port": other_port,
    "webserver-ipv6": replace(ipv6(other_port), hostname="mapio-in-the-garden-house"),
    "webserver-wrong-pins": guessed(AT_REST),
    "webserver-updating": updating(Step.RECEIVING, Phase.RECEIVING, 47),
    "webserver-long-name": long_name(AT_REST),
    "webserver-off": replace(AT_REST, web=Web(enabled=False)),
    "webserver-off-no-buttons": replace(AT_REST, web=Web(enabled=False), buttons=False),
    "webserver-starting": replace(AT_REST, web=Web()),
    "webserver-port-in-use": replace(AT_REST, web=PORT_IN_USE),
    "webserver-no-network": replace(AT_REST, network=Network()),
}
