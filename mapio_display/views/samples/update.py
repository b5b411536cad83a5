"""Samples of the view "update"."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.message import message
from mapio_display.views.sample import (
    LONG_VERSION,
    updating,
)

unknown_size = updating(Step.RECEIVING, Phase.RECEIVING, version=None)
manual = updating(Step.INSTALLED, Phase.INSTALLED, 100)
SAMPLES = {
    "update-installing": updating(Step.INSTALLING, Phase.INSTALLING, 80),
    "update-receiving": updating(Step.RECEIVING, Phase.RECEIVING, 47, version=None),
    "update-receiving-unknown-size": unknown_size,
    "update-inspecting": updating(Step.INSPECTING, Phase.INSPECTING, version=None),
    "update-installing-long": replace(
        updating(Step.INSTALLING, Phase.INSTALLING, 100, version=LONG_VERSION),
        os=OsRelease("mapio", "2.10.0-rc0+git20261031"),
    ),
    "update-rauc-stopped": updating(Step.JUDGING, Phase.INSTALLING, message=message("waiting.rauc-stopped")),
    "update-installed": manual,
    "update-not-restarted": replace(manual, update=replace(manual.update, error=failures.REBOOT_IGNORED)),
}
