"""What the LEDs tell of the snapshot."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.data import DataAwaited
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.rauc import RaucLost
from mapio_display.core.facts.shutdown import StopRequested
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleRefused,
    UploadFinished,
    UploadLost,
    UploadOpened,
)
from mapio_display.core.facts.web import WebListening
from mapio_display.core.front.lights import GREEN, ORANGE_BLINKING, RED, system_light
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.update.transitions import RESULT_S
from tests.core.conftest import NEXT_BOOT, Transcript
from tests.core.plays import to_installing


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


def test_led1_blinks_while_the_data_partition_is_waited_for(transcript: Transcript) -> None:
    transcript.feed(DataAwaited())
    assert system_light(transcript.snapshot) == ORANGE_BLINKING


def test_led1_is_red_after_a_refused_bundle_until_that_is_dismissed(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "good.raucb", 100), UploadFinished("u1", 100), BundleRefused("u1", "no"))
    running.mono += 10 * RESULT_S
    running.feed(Tick())
    assert system_light(running.snapshot) == RED
    running.feed(AcknowledgeRequested())
    assert system_light(running.snapshot) == GREEN


def test_led1_is_red_after_an_update_that_ended_badly_until_that_is_dismissed(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "good.raucb", 100), UploadLost("u1"))
    assert system_light(running.snapshot) == RED
    running.mono += RESULT_S
    running.feed(Tick())
    assert system_light(running.snapshot) == RED
    running.feed(AcknowledgeRequested())
    assert system_light(running.snapshot) == GREEN


@pytest.mark.parametrize(("result", "light"), [(Result.ROLLED_BACK, RED), (Result.SUCCEEDED, GREEN)])
def test_led1_shows_how_the_last_update_ended_also_after_a_restart(
    running: Transcript, result: Result, light: object
) -> None:
    last = LastUpdate("u1", result, "1.3.0", "1.4.0", "B", None)
    running.snapshot = replace(running.snapshot, last_update=last)
    assert system_light(running.snapshot) == light


def test_led1_blinks_during_an_update_also_with_a_dead_panel_because_nobody_should_unplug(running: Transcript) -> None:
    running.feed(PanelFailed("BUSY never fell"), UploadOpened("u1", "good.raucb", 100))
    assert system_light(running.snapshot) == ORANGE_BLINKING


def test_led1_is_red_where_an_update_cannot_be_judged_because_rauc_is_missing(transcript: Transcript) -> None:
    record = Record("u1", Stage.INSTALLED, "an earlier boot", "A", "1.3.0", "B", "1.4.0")
    transcript.start(boot_id=NEXT_BOOT, record=record)
    transcript.feed(WebListening(80))
    assert system_light(transcript.snapshot) == ORANGE_BLINKING
    transcript.feed(RaucLost(absent=True))
    assert system_light(transcript.snapshot) == RED


def test_led1_is_red_where_rauc_went_away_in_an_installation_and_is_missing(running: Transcript) -> None:
    to_installing(running)
    running.feed(RaucLost())
    assert system_light(running.snapshot) == ORANGE_BLINKING
    running.feed(RaucLost(absent=True))
    assert system_light(running.snapshot) == RED
