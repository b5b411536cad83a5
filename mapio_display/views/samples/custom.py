"""Samples of the view "custom"."""

from dataclasses import replace

from mapio_display.core.facts.picture import Picture
from mapio_display.core.message import message
from mapio_display.views.sample import AT_REST

missing = Picture(error=message("picture.none", file="/usr/local/mapio-display/custom.png"))
SAMPLES = {
    "custom-none": replace(AT_REST, picture=missing, views=(*AT_REST.views, "custom")),
    "custom-loading": AT_REST,
}
