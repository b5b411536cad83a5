"""Samples of the view "custom"."""

from dataclasses import replace

from mapio_display.core.facts.picture import Picture
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.system import System
from mapio_display.core.message import message
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
missing = Picture(error=message("picture.none", file="/usr/local/mapio-display/custom.png"))
SAMPLES = {
    "custom-none": replace(AT_REST, picture=missing, views=(*AT_REST.views, "custom")),
    "custom-loading": AT_REST,
}
