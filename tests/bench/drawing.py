"""How long the pictures take to draw."""

import time
from dataclasses import replace

from mapio_display.views.names import names
from mapio_display.views.render import render
from mapio_display.views.sample import sample
from mapio_display.words.catalogue import ENGLISH
from tests.bench.figures import tell


def drawing() -> None:
    """Draw each view over and over."""
    for view in names():
        snapshot = sample(view)
        render(view, snapshot, words=ENGLISH)
        times = []
        for _ in range(200):
            began = time.perf_counter()
            render(view, snapshot, words=ENGLISH)
            times.append(1000 * (time.perf_counter() - began))
        tell(f"drawing {view}, warm", times, "ms")
    times = []
    for number in range(200):
        fresh = replace(sample("webserver"), pin=f"{number:06}")
        began = time.perf_counter()
        render("webserver", fresh, words=ENGLISH)
        times.append(1000 * (time.perf_counter() - began))
    tell("drawing webserver with a code not drawn before", times, "ms")
