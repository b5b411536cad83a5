"""The first second: one frame that says "starting", and the next one is the gateway's own."""

from dataclasses import replace

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.web import Web
from mapio_display.core.front.names import View
from mapio_display.core.front.refresh import Change
from mapio_display.views.render import render
from mapio_display.views.sample import AT_REST, variants
from mapio_display.words.catalogue import ENGLISH
from tests.views.conftest import change_since

SIZE = 250, 122
STARTING = replace(AT_REST, daemon=replace(AT_REST.daemon, ready=False, lifecycle=Lifecycle.STARTING), web=Web())


def test_while_the_web_server_is_opened_the_first_frame_stays() -> None:
    view, waiting = variants()["starting"]
    first = replace(waiting, os=AT_REST.os)
    assert render(view, first, SIZE, words=ENGLISH).bits == render(View.STARTING, STARTING, SIZE, words=ENGLISH).bits


def test_after_the_wait_for_the_data_partition_nothing_is_drawn_before_home() -> None:
    _, waiting = variants()["starting-data"]
    assert waiting.data_partition is DataPartition.AWAITED
    assert change_since(waiting, STARTING) is Change.BACKGROUND
    assert change_since(STARTING, AT_REST) is Change.STATE
