"""Samples of the view "countdown"."""

from dataclasses import replace

from mapio_display.core.facts.buttons import Front
from mapio_display.views.sample import (
    AT_REST,
)

SAMPLES = {
    "countdown": replace(AT_REST, front=Front(held_since=0.0, countdown=2)),
}
