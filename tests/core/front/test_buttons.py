"""What the buttons mean, in every view and while updates come and go."""

import pytest

from mapio_display.core.commands import ForgetTries, Reboot, SaveWebEnabled
from mapio_display.core.facts.buttons import Button, ButtonLost, ButtonPressed, ButtonReleased
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.panel import PanelShown
from mapio_display.core.facts.rauc import RaucFound, RaucLost, SlotsRead
from mapio_display.core.facts.shutdown import Shutdown, StopRequested
from mapio_display.core.facts.update import (
    BundleRefused,
    Phase,
    RebootFailed,
    RestartRequested,
    Step,
    UploadFinished,
    UploadLost,
    UploadOpened,
)
from mapio_display.core.facts.web import PinChanged, WebListening, WrongPins
from mapio_display.core.front.buttons import HOLD_S, HOME_AFTER_S, SHORT_S
from mapio_display.core.front.refresh import Change
from mapio_display.core.front.view import announcement, current_view
from mapio_display.core.reduce import wake_at
from mapio_display.core.update.transfer import SILENCE_S
from mapio_display.core.update.transitions import RESULT_S
from mapio_display.errors import NotNow
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLING, RESTARTING
from tests.views.conftest import change_since

VIEWS = ("home", "webserver", "system", "status")


@pytest.fixture
def front(transcript: Transcript) -> Transcript:
    """A gateway at rest with four views."""
    transcript.start(views=VIEWS)
    transcript.feed(WebListening(80), SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    return transcript


def press(front: Transcript, *buttons: Button, seconds: float = 0.2) -> str:
    """Press one after another; gives the view."""
    for button in buttons:
        front.feed(ButtonPressed(button, front.mono))
        front.mono += seconds
        front.feed(ButtonReleased(button, front.mono))
    return current_view(front.snapshot)


def wait(front: Transcript, until: float) -> None:
    """Let the time come, with a Tick at every deadline as the state gives them."""
    while (at := wake_at(front.snapshot)) is not None and at <= until:
        front.mono = max(front.mono, at)
        front.feed(Tick())
        assert wake_at(front.snapshot) != at, "a deadline that has come is not asked for again"
    front.mono = until


def updating(front: Transcript) -> None:
    front.feed(UploadOpened("u1", "good.raucb", 100))


def test_down_goes_through_the_views_and_round(front: Transcript) -> None:
    assert [press(front, Button.DOWN) for _ in range(5)] == ["webserver", "system", "status", "home", "webserver"]


def test_up_goes_the_other_way(front: Transcript) -> None:
    assert [press(front, Button.UP) for _ in range(4)] == ["status", "system", "webserver", "home"]


def test_the_view_turns_when_the_button_goes_down(front: Transcript) -> None:
    front.feed(ButtonPressed(Button.DOWN, front.mono))
    assert current_view(front.snapshot) == "webserver"


def test_after_some_minutes_without_a_press_it_is_home_again(front: Transcript) -> None:
    press(front, Button.DOWN)
    wait(front, front.mono + HOME_AFTER_S - 10)
    assert press(front, Button.DOWN) == "system"
    wait(front, front.mono + HOME_AFTER_S - 10)
    assert current_view(front.snapshot) == "system"
    wait(front, front.mono + 11)
    assert current_view(front.snapshot) == "home"
    assert wake_at(front.snapshot) is None


def test_mid_turns_the_web_server_off_and_on_and_that_is_remembered(front: Transcript) -> None:
    press(front, Button.DOWN)
    press(front, Button.MID)
    assert (front.snapshot.web.enabled, front.commands) == (False, (SaveWebEnabled(False),))
    assert press(front, Button.MID) == "webserver"
    assert (front.snapshot.web.enabled, front.commands) == (True, (SaveWebEnabled(True), ForgetTries()))


def test_mid_lets_pins_be_tried_again_where_the_panel_offers_that_and_switches_nothing_off(front: Transcript) -> None:
    front.feed(NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"))
    front.feed(WrongPins("192.168.1.66", front.mono + 3600))
    press(front, Button.MID)
    assert (front.snapshot.web.wrong_pins_from, front.commands) == ("192.168.1.66", ()), "home offers nothing"
    press(front, Button.DOWN, Button.MID)
    assert (front.snapshot.web.wrong_pins_from, front.commands) == (None, (ForgetTries(),))
    assert front.snapshot.web.enabled
    press(front, Button.MID)
    assert front.commands == (SaveWebEnabled(False),)


def test_mid_lets_pins_be_tried_again_during_an_update_too(front: Transcript) -> None:
    front.feed(NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"))
    updating(front)
    front.feed(WrongPins("192.168.1.66", front.mono + 3600))
    press(front, Button.DOWN, Button.DOWN)
    assert press(front, Button.MID) == "webserver"
    assert front.commands == (ForgetTries(),)


def test_wrong_pins_are_shown_until_their_time_is_over_or_a_new_pin_is_made(front: Transcript) -> None:
    front.feed(WrongPins("192.168.1.66", front.mono + 3600))
    assert wake_at(front.snapshot) == front.mono + 3600
    wait(front, front.mono + 3600)
    assert front.snapshot.web.wrong_pins_from is None
    assert not front.commands, "who guesses goes on waiting"
    before = front.snapshot
    front.feed(WrongPins("192.168.1.66", front.mono + 3600))
    assert change_since(before, front.snapshot) is Change.FACT
    front.feed(PinChanged("543210"))
    assert (front.snapshot.web.wrong_pins_from, front.commands) == (None, (ForgetTries(),))


def test_mid_elsewhere_does_nothing(front: Transcript) -> None:
    before = front.snapshot
    for _ in VIEWS:
        if current_view(front.snapshot) != "webserver":
            press(front, Button.MID)
            assert (front.snapshot.web, front.snapshot.update, front.commands) == (before.web, before.update, ())
        press(front, Button.DOWN)


def test_during_an_update_mid_leaves_the_web_server_on_and_the_panel_shows_why(front: Transcript) -> None:
    updating(front)
    assert press(front, Button.DOWN, Button.DOWN) == "webserver"
    assert press(front, Button.MID) == "update"
    assert front.snapshot.web.enabled
    assert front.phase() is Phase.RECEIVING


def test_what_is_new_goes_before_what_a_button_chose(front: Transcript) -> None:
    press(front, Button.UP)
    updating(front)
    assert current_view(front.snapshot) == "update"
    press(front, Button.DOWN)
    front.feed(UploadFinished("u1", 100))
    assert current_view(front.snapshot) == "home"
    front.feed(BundleRefused("u1", "signature verification failed"))
    assert current_view(front.snapshot) == "result"


def test_mid_puts_a_failure_away(front: Transcript) -> None:
    updating(front)
    front.feed(UploadFinished("u1", 100), BundleRefused("u1", "signature verification failed"))
    assert press(front, Button.DOWN) == "home"
    press(front, Button.MID)
    assert front.phase() is Phase.FAILED  # it acts on the view that is seen
    assert press(front, Button.UP) == "result"
    assert press(front, Button.MID) == "home"
    assert front.phase() is Phase.IDLE


def test_an_update_that_ended_badly_can_be_turned_to_and_dismissed_at_any_time(front: Transcript) -> None:
    updating(front)
    front.feed(UploadLost("u1"))
    assert press(front, Button.DOWN) == "home"
    wait(front, front.mono + RESULT_S)
    assert (press(front, Button.UP), press(front, Button.DOWN), press(front, Button.UP)) == ("result", "home", "result")
    assert press(front, Button.MID) == "home"
    assert front.snapshot.last_update is not None
    assert front.snapshot.last_update.acknowledged
    assert press(front, Button.UP) == "status"


def test_mid_held_counts_down_and_then_restarts_when_the_panel_says_so(front: Transcript) -> None:
    begun = front.mono
    front.feed(ButtonPressed(Button.MID, begun))
    drawn, seen = front.snapshot, []
    while front.phase() is Phase.IDLE:
        wait(front, wake_at(front.snapshot) or 0)
        if front.snapshot.front.countdown is not None:
            assert current_view(front.snapshot) == "countdown"
            assert change_since(drawn, front.snapshot) is Change.COUNTDOWN
            seen.append((front.mono - begun, front.snapshot.front.countdown))
            front.feed(PanelShown("countdown", full=False))
            assert front.commands == ()
        drawn = front.snapshot
    assert seen == [(SHORT_S, 2), (2.0, 1)]
    assert (front.mono - begun, current_view(front.snapshot)) == (HOLD_S, "rebooting")
    front.feed(RESTARTING)
    assert front.commands == (Reboot(),)


@pytest.mark.parametrize("seconds", [SHORT_S + 0.1, HOLD_S - 0.1])
def test_letting_go_in_the_countdown_changes_nothing(front: Transcript, seconds: float) -> None:
    press(front, Button.DOWN)
    begun = front.mono
    front.feed(ButtonPressed(Button.MID, begun))
    wait(front, begun + seconds)
    drawn = front.snapshot
    front.feed(ButtonReleased(Button.MID, begun + seconds))
    assert (current_view(front.snapshot), front.snapshot.web.enabled) == ("webserver", True)
    assert change_since(drawn, front.snapshot) is Change.STATE
    wait(front, begun + 10)
    assert front.phase() is Phase.IDLE


@pytest.mark.parametrize("seconds", [0.2, HOLD_S - 0.1])
def test_a_button_that_is_lost_while_it_is_down_neither_acts_nor_restarts(front: Transcript, seconds: float) -> None:
    press(front, Button.DOWN)
    begun = front.mono
    front.feed(ButtonPressed(Button.MID, begun))
    wait(front, begun + seconds)
    front.feed(ButtonLost(Button.UP))
    assert front.snapshot.front.held_since == begun
    front.feed(ButtonLost(Button.MID))
    wait(front, begun + 10)
    front.feed(ButtonReleased(Button.MID, begun + 10))
    assert (front.phase(), current_view(front.snapshot), front.snapshot.web.enabled) == (Phase.IDLE, "webserver", True)
    wait(front, begun + seconds + HOME_AFTER_S)
    assert current_view(front.snapshot) == "home"


@pytest.mark.parametrize("seconds", [0.2, HOLD_S - 0.1])
def test_another_button_ends_the_hold_and_turns_the_view(front: Transcript, seconds: float) -> None:
    press(front, Button.DOWN)
    begun = front.mono
    front.feed(ButtonPressed(Button.MID, begun))
    wait(front, begun + seconds)
    assert press(front, Button.UP) == "home"
    wait(front, begun + 10)
    front.feed(ButtonReleased(Button.MID, begun + 10))
    assert (front.phase(), current_view(front.snapshot), front.snapshot.web.enabled) == (Phase.IDLE, "home", True)


def test_mid_too_is_a_press_and_keeps_the_view_for_some_minutes(front: Transcript) -> None:
    press(front, Button.DOWN)
    wait(front, front.mono + HOME_AFTER_S - 10)
    press(front, Button.MID)
    wait(front, front.mono + HOME_AFTER_S - 10)
    assert current_view(front.snapshot) == "webserver"
    wait(front, front.mono + 11)
    assert current_view(front.snapshot) == "home"


def test_a_release_whose_press_was_missed_is_no_press(front: Transcript) -> None:
    press(front, Button.DOWN)
    before = front.snapshot
    front.feed(ButtonReleased(Button.MID, front.mono))
    assert front.snapshot == before


def test_a_loop_that_was_late_goes_by_the_finger(front: Transcript) -> None:
    press(front, Button.DOWN)
    at = front.mono
    front.mono += 10
    front.feed(ButtonPressed(Button.MID, at), ButtonReleased(Button.MID, at + 2.5))
    assert front.snapshot.web.enabled
    assert front.phase() is Phase.IDLE


def test_held_during_an_update_nothing_counts_down_and_the_panel_shows_why(front: Transcript) -> None:
    updating(front)
    press(front, Button.DOWN)
    front.feed(ButtonPressed(Button.MID, front.mono))
    wait(front, front.mono + SHORT_S)
    assert (front.phase(), current_view(front.snapshot)) == (Phase.RECEIVING, "update")
    wait(front, front.mono + HOLD_S)
    assert (front.phase(), current_view(front.snapshot)) == (Phase.RECEIVING, "update")


def held(front: Transcript) -> Phase:
    """Hold MID for as long as a restart takes."""
    front.feed(ButtonPressed(Button.MID, front.mono))
    wait(front, front.mono + HOLD_S)
    return front.phase()


def test_a_half_transfer_that_waits_for_its_rest_holds_up_no_restart_and_stays_in_the_journal(
    front: Transcript,
) -> None:
    front.feed(UploadOpened("u1", "good.raucb", 100, resumable=True))
    wait(front, front.mono + 2 * SILENCE_S)
    assert front.snapshot.update.step is Step.PAUSED
    assert held(front) is Phase.REBOOTING
    assert front.commands == ()
    assert front.feed(RESTARTING) == (Reboot(),)


def test_where_rauc_is_missing_an_update_without_a_verdict_holds_up_no_restart() -> None:
    waiting = Transcript()
    waiting.start(views=VIEWS, boot_id=NEXT_BOOT, record=INSTALLING)
    waiting.feed(WebListening(80), RaucLost(absent=True))
    assert (waiting.snapshot.update.step, current_view(waiting.snapshot)) == (Step.JUDGING, "home")
    assert held(waiting) is Phase.REBOOTING
    assert waiting.feed(RESTARTING) == (Reboot(),)


def test_while_rauc_may_still_install_nothing_is_restarted(front: Transcript) -> None:
    front.start(views=VIEWS, record=INSTALLING)
    assert front.snapshot.update.step is Step.JUDGING
    assert held(front) is Phase.INSTALLING
    with pytest.raises(NotNow):
        front.feed(RestartRequested())


def test_an_upload_that_begins_in_the_countdown_ends_it(front: Transcript) -> None:
    front.feed(ButtonPressed(Button.MID, front.mono))
    wait(front, front.mono + 2)
    updating(front)
    wait(front, front.mono + HOLD_S)
    assert (front.phase(), current_view(front.snapshot)) == (Phase.RECEIVING, "update")


def test_a_restart_that_is_refused_is_reported_and_can_be_dismissed(front: Transcript) -> None:
    front.feed(ButtonPressed(Button.MID, front.mono))
    wait(front, front.mono + HOLD_S)
    front.feed(RESTARTING, RebootFailed("logind says no"))
    assert current_view(front.snapshot) == "result"
    assert front.snapshot.update.error is not None
    assert front.snapshot.update.error.detail == "logind says no"
    assert press(front, Button.MID) == "home"


def test_after_a_restart_that_did_not_come_the_next_upload_is_taken(front: Transcript) -> None:
    front.feed(ButtonPressed(Button.MID, front.mono))
    wait(front, front.mono + HOLD_S)
    front.feed(RESTARTING)
    wait(front, front.mono + 200)
    assert front.phase() is Phase.FAILED
    updating(front)
    assert front.phase() is Phase.RECEIVING


def test_buttons_mean_nothing_while_the_gateway_comes_up_or_goes_down(front: Transcript) -> None:
    front.feed(StopRequested())
    assert press(front, Button.DOWN) == "stopped"
    starting = Transcript()
    starting.start(views=VIEWS)
    assert press(starting, Button.DOWN, Button.MID) == "starting"


def test_a_restart_that_is_announced_is_not_turned_away_from(front: Transcript) -> None:
    front.feed(RestartRequested())
    assert press(front, Button.DOWN, Button.MID) == "rebooting"
    assert front.feed(RESTARTING) == (Reboot(),)
    assert press(front, Button.UP) == "rebooting"


def test_a_countdown_announces_nothing_yet(front: Transcript) -> None:
    front.feed(ButtonPressed(Button.MID, front.mono))
    wait(front, wake_at(front.snapshot) or 0)
    assert (current_view(front.snapshot), announcement(front.snapshot)) == ("countdown", None)
    wait(front, wake_at(front.snapshot) or 0)
    wait(front, wake_at(front.snapshot) or 0)
    assert (current_view(front.snapshot), announcement(front.snapshot)) == ("rebooting", Shutdown.RESTART)
