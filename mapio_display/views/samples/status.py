"""Samples of the view "status"."""

from dataclasses import replace

from mapio_display.core.facts.network import Network
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.services import SERVICES, Service, ServiceState
from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.record import Result
from mapio_display.views.sample import (
    AT_REST,
    LONG_VERSION,
    UPDATED,
    adapter,
    ended,
    ipv6,
    updating,
)

bad = (
    Slot("rootfs.0", "A", "booted", "good", LONG_VERSION),
    Slot("rootfs.1", "B", "inactive", "bad", "2.10.0-rc0+git20261031"),
)
unwell = replace(ipv6(ended(Result.ROLLED_BACK, None)), slots=bad, rauc=Rauc(available=False))
docker = Service("Docker", "docker.service", ServiceState.RUNNING)
services = (docker, Service("Home Assistant", "home-assistant.service", ServiceState.RUNNING))
failed = (docker, Service("Node-RED in the workshop", "node-red.service", ServiceState.FAILED))
SAMPLES = {
    "status": replace(UPDATED, internet=True),
    "status-unwell": unwell,
    "status-updating": updating(Step.INSTALLING, Phase.INSTALLING, 42),
    "status-no-internet": replace(AT_REST, internet=False),
    "status-mains": replace(AT_REST, power=Power(mains=True, charging=True, battery_percent=82)),
    "status-mains-unknown": replace(AT_REST, power=Power(battery_percent=82, battery_volts=3.68)),
    "status-mains-no-voltage": replace(AT_REST, power=Power(mains=True, charging=True)),
    "status-long-interface": replace(adapter(AT_REST), internet=False),
    "status-battery": replace(UPDATED, power=Power(False, False, 17, 3.28)),
    "status-services": UPDATED.knowing(SERVICES, services),
    "status-service-failed": replace(UPDATED, power=Power(True, False, 100, 4.1)).knowing(SERVICES, failed),
    "status-no-network": replace(AT_REST, network=Network(), slots=(), rauc=Rauc()),
}
