"""Every view, by the vendor's driver and the controller's bytes, on the glass of every panel with partial refresh."""

from itertools import pairwise, product
from pathlib import Path

import pytest
from PIL import Image

from mapio_display.core.frame import Frame
from mapio_display.views.names import names
from mapio_display.views.picture import png
from mapio_display.views.render import render
from mapio_display.views.sample import sample, variants
from mapio_display.virtual.ssd1680 import SIZES
from mapio_display.words.catalogue import ENGLISH
from tests.panel.fakes import Bench

GOLDEN = Path(__file__).parents[1] / "views" / "golden"
CHIPS = list(product((False, True), (False, True), (0, 1)))


def frames(model: str) -> list[Frame]:
    """All variants of all views."""
    height, width = SIZES[model]
    return [render(view, snapshot, (width, height), words=ENGLISH) for view, snapshot in variants().values()]


@pytest.mark.parametrize(("ping_pong", "ram_in_sleep", "seed"), CHIPS)
@pytest.mark.parametrize("model", SIZES)
@pytest.mark.slow
def test_each_view_follows_each_other_without_a_wrong_dot(
    model: str, ping_pong: bool, ram_in_sleep: bool, seed: int
) -> None:
    bench = Bench(model=model, ping_pong=ping_pong, ram_in_sleep=ram_in_sleep, seed=seed)
    pictures = frames(model)
    bench.driver.full(pictures[0])
    bench.assert_shows(pictures[0])
    for number, (old, new) in enumerate(pairwise(pictures)):
        if number % 5 == 4:
            bench.driver.full(new)
        else:
            bench.driver.partial(old, new)
        bench.assert_shows(new)


@pytest.mark.golden
@pytest.mark.parametrize("view", names())
@pytest.mark.parametrize("model", SIZES)
def test_the_glass_shows_the_approved_picture(model: str, view: str, request: pytest.FixtureRequest) -> None:
    height, width = SIZES[model]
    path = GOLDEN / f"{width}x{height}" / f"{view}.png"
    bench = Bench(model=model)
    bench.driver.full(render(view, sample(view), (width, height), words=ENGLISH))
    shown = bench.chip.glass_frame()
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(shown))
    with Image.open(path) as golden:
        assert golden.size == (width, height)
        assert golden.tobytes() == shown.bits
    assert bench.chip.violations == []
