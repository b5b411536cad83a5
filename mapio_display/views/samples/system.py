"""Samples of the view "system"."""

from dataclasses import replace

from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.system import System
from mapio_display.core.record import Result
from mapio_display.views.sample import (
    AT_REST,
    LONG_VERSION,
    ended,
    ipv6,
)

busy = System(12.7, 4, 926_000_000, 1, 26_800_000_000, 0, 102, 400 * 86400)
bad = (
    Slot("rootfs.0", "A", "booted", "good", LONG_VERSION),
    Slot("rootfs.1", "B", "inactive", "bad", "2.10.0-rc0+git20261031"),
)
unwell = replace(ipv6(ended(Result.ROLLED_BACK, None)), slots=bad, rauc=Rauc(available=False))
SAMPLES = {
    "system": AT_REST,
    "system-busy": replace(AT_REST, system=busy),
    "system-unknown": replace(AT_REST, system=System()),
}
