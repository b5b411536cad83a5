"""From the word that the machine restarts until it may, with the last frame on the glass."""

import asyncio
import time
from pathlib import Path

from mapio_display.host.logind import MANAGER
from mapio_display.virtual.bus import call_once
from tests.bench.figures import tell
from tests.bench.trace import REST_S
from tests.gateway.conftest import Gateway

UNDER_WAY_S = 0.3  # into a refresh of two seconds


def shutdown(gateway: Gateway) -> None:
    """How long a restart waits for the last frame: the panel at rest, and in the middle of a refresh."""
    at_rest, in_refresh = [], []
    for _ in range(3):
        gateway.at_rest()
        time.sleep(2 * REST_S)
        at_rest.append(_restart(gateway))
        gateway.at_rest()
        time.sleep(2 * REST_S)
        gateway.command("web", "off")
        time.sleep(UNDER_WAY_S)
        in_refresh.append(_restart(gateway))
        gateway.command("web", "on")
    tell("a restart until the daemon is gone, panel at rest", at_rest, "s")
    tell("the same in mid-refresh", in_refresh, "s")


def _restart(gateway: Gateway) -> float:
    facts, boot_id = gateway.facts, gateway.boot_id()
    daemon = Path(f"/proc/{facts['pids']['daemon']}")
    began = time.monotonic()
    asyncio.run(call_once(facts["bus"], MANAGER, "Reboot", "b", False))
    while daemon.exists():
        time.sleep(0.005)
    took = time.monotonic() - began
    while gateway.boot_id() == boot_id or gateway.command("wait-ready").returncode != 0:
        time.sleep(0.1)
    return took
