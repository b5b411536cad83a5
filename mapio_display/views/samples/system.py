"""Samples of the view "system"."""

from dataclasses import replace

from mapio_display.core.facts.system import System
from mapio_display.views.sample import AT_REST

busy = System(12.7, 4, 926_000_000, 1, 26_800_000_000, 0, 102, 400 * 86400)
SAMPLES = {
    "system": AT_REST,
    "system-busy": replace(AT_REST, system=busy),
    "system-unknown": replace(AT_REST, system=System()),
}
