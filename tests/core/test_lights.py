"""What the LEDs tell of the snapshot."""

from mapio_display.core.events import (
    BundleRefused,
    PanelFailed,
    PanelShown,
    RaucLost,
    StopRequested,
    UploadFinished,
    UploadOpened,
)
from mapio_display.core.lights import GREEN, ORANGE_BLINKING, RED, system_light
from tests.core.conftest import Transcript


def test_led1_through_a_start_an_update_and_the_end(transcript: Transcript, running: Transcript) -> None:
    assert system_light(transcript.snapshot) == ORANGE_BLINKING
    running.feed(PanelShown("home", full=True))
    assert system_light(running.snapshot) == GREEN
    running.feed(UploadOpened("u1", "good.raucb", 100))
    assert system_light(running.snapshot) == ORANGE_BLINKING
    running.feed(UploadFinished("u1", 100), BundleRefused("u1", "signature verification failed"))
    assert system_light(running.snapshot) == RED
    running.feed(StopRequested())
    assert system_light(running.snapshot) == ORANGE_BLINKING


def test_led1_is_red_for_a_dead_panel_and_for_a_missing_rauc(running: Transcript) -> None:
    running.feed(PanelFailed("BUSY never fell"))
    assert system_light(running.snapshot) == RED
    running.feed(PanelShown("home", full=True))
    assert system_light(running.snapshot) == GREEN
    running.feed(RaucLost(absent=True))
    assert system_light(running.snapshot) == RED
