"""Samples of the view "home"."""

from dataclasses import replace

from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.rauc import Rauc
from mapio_display.core.facts.release import Release
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.web import Web
from mapio_display.core.record import Result
from mapio_display.views.sample import (
    AT_REST,
    LONG_VERSION,
    PORT_IN_USE,
    UPDATED,
    ended,
    guessed,
    ipv6,
    last,
    long_name,
)

interrupted = ended(Result.INTERRUPTED, None)
long = replace(long_name(AT_REST), os=OsRelease("mapio", LONG_VERSION), last_update=last(Result.FAILED, None))
hotspot = Hotspot(HotspotState.ON, ssid="MAPIO", password="k7xq4nzt2h")  # noqa: S106 - a sample
address = Network(None, (Address("wlan0_ap", "10.50.0.1"),))
up = replace(AT_REST, hotspot=hotspot, network=address)
strange = replace(hotspot, ssid='Mapio; the "one" in the garden')
SAMPLES = {
    "home": AT_REST,
    "hotspot-home": up,
    "home-updated": UPDATED,
    "home-rolled-back": ended(Result.ROLLED_BACK, None),
    "home-no-network": replace(AT_REST, network=Network()),
    "home-ipv6": ipv6(AT_REST),
    "home-ipv6-no-name": replace(ipv6(AT_REST), hostname=None),
    "home-no-data": replace(AT_REST, data_partition=DataPartition.MISSING),
    "home-read-only": replace(AT_REST, system=System(data_writable=False)),
    "home-no-rauc": replace(AT_REST, rauc=Rauc(available=False)),
    "home-web-off": replace(AT_REST, web=Web(enabled=False)),
    "home-web-starting": replace(AT_REST, web=Web()),
    "home-port-in-use": replace(AT_REST, web=PORT_IN_USE),
    "home-all-bad": replace(interrupted, network=Network(), rauc=Rauc(available=False), web=PORT_IN_USE),
    "home-long": long,
    "home-wrong-pins": guessed(AT_REST),
    "home-wrong-pins-ipv6": guessed(AT_REST, "2001:db8:85a3:1234::/64"),
    "home-wrong-pins-no-data": guessed(replace(AT_REST, data_partition=DataPartition.MISSING)),
    "home-offer": replace(AT_REST, release=Release(enabled=True, version="2.2", size=314572800)),
    "home-offer-failed": replace(interrupted, release=Release(enabled=True, version="2.2", size=314572800)),
    "home-clock": replace(AT_REST, clock="14:05"),
}
