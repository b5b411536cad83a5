"""Samples of the view "rebooting"."""

from mapio_display.core.facts.update import Phase, Step
from mapio_display.views.sample import AT_REST, updating

SAMPLES = {
    "rebooting": updating(Step.REBOOTING, Phase.REBOOTING),
    "rebooting-without-update": AT_REST,
    "rebooting-unknown": updating(Step.REBOOTING, Phase.REBOOTING, version=None),
    "rebooting-in-mid-update": updating(Step.INSTALLING, Phase.INSTALLING, 42),
}
