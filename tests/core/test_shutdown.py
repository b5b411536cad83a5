"""The machine goes down: what the panel says last, and when the machine may go."""

import pytest

from mapio_display.core.commands import Reboot, ReleaseShutdown
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced, ShutdownCancelled, StopRequested
from mapio_display.core.facts.update import RestartRequested, Step, UploadOpened
from mapio_display.core.front.names import View
from mapio_display.core.front.view import announcement, current_view
from mapio_display.core.update.reboot import ANNOUNCE_S
from tests.core.conftest import Transcript
from tests.core.plays import RESTARTING

ENDS = [(Shutdown.RESTART, View.REBOOTING), (Shutdown.OFF, View.STOPPED)]


@pytest.mark.parametrize(("kind", "view"), ENDS)
def test_the_machine_waits_until_the_panel_shows_why(running: Transcript, kind: Shutdown, view: str) -> None:
    assert running.feed(ShutdownAnnounced(kind, "14:05"), ShutdownAnnounced(None, "14:05")) == ()
    assert current_view(running.snapshot) is view
    assert running.feed(PanelShown("home", full=True)) == (), "a refresh that was under way"
    assert running.feed(PanelShown(view, full=True, announces=kind)) == (ReleaseShutdown(),)
    assert running.feed(StopRequested(None, "14:06")) == ()
    assert (current_view(running.snapshot), running.snapshot.stopped_at) == (view, "14:05")


@pytest.mark.parametrize(("kind", "view"), ENDS)
def test_a_dead_panel_holds_nothing_up(running: Transcript, kind: Shutdown, view: str) -> None:
    assert running.feed(ShutdownAnnounced(kind), PanelFailed("BUSY never fell")) == (ReleaseShutdown(),)
    assert current_view(running.snapshot) is view


@pytest.mark.parametrize(("kind", "view"), [*ENDS, (None, View.STOPPED)])
def test_a_logind_that_does_not_say_why_is_not_kept_waiting_and_systemds_jobs_decide(
    running: Transcript, kind: Shutdown | None, view: str
) -> None:
    assert running.feed(ShutdownAnnounced(None, "14:05")) == (ReleaseShutdown(),)
    assert current_view(running.snapshot) == "home", "the one refresh that there is time for must be the true one"
    running.feed(StopRequested(kind, "14:06"))
    assert (current_view(running.snapshot), running.snapshot.stopped_at) == (view, "14:06")


@pytest.mark.parametrize("panel", [RESTARTING, PanelFailed("BUSY never fell")])
def test_our_own_restart_is_on_the_panel_before_logind_announces_it(running: Transcript, panel: Event) -> None:
    assert running.feed(RestartRequested(), panel) == (Reboot(),)
    assert running.feed(ShutdownAnnounced(Shutdown.RESTART)) == (ReleaseShutdown(),)


def test_a_restart_that_a_slow_panel_did_not_hold_up_waits_for_it_as_any_other(running: Transcript) -> None:
    running.feed(PanelShown("home", full=True), RestartRequested())
    running.mono += ANNOUNCE_S
    assert running.feed(Tick()) == (Reboot(),)
    assert running.feed(ShutdownAnnounced(Shutdown.RESTART)) == ()
    assert running.feed(RESTARTING) == (ReleaseShutdown(),)


def test_a_gateway_that_is_switched_off_instead_is_not_released_with_restarting_on_the_glass(
    running: Transcript,
) -> None:
    running.feed(RestartRequested(), ShutdownAnnounced(Shutdown.OFF, "14:05"))
    assert ReleaseShutdown() not in running.feed(RESTARTING), "a refresh that was under way"
    assert running.snapshot.update.step is Step.REBOOTING
    assert running.feed(ShutdownAnnounced(Shutdown.OFF, "14:05")) == ()
    assert running.feed(PanelShown("stopped", full=True, announces=Shutdown.OFF)) == (ReleaseShutdown(),)


def test_a_shutdown_that_is_cancelled_was_none(running: Transcript) -> None:
    before = running.snapshot
    running.feed(ShutdownAnnounced(Shutdown.OFF, "14:05"), ShutdownCancelled())
    assert running.snapshot == before


def test_also_in_mid_update_the_panel_says_what_the_machine_does(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "good.raucb", 100), ShutdownAnnounced(Shutdown.OFF))
    assert current_view(running.snapshot) is View.STOPPED
    assert running.feed(PanelShown("stopped", full=True, announces=Shutdown.OFF)) == (ReleaseShutdown(),)


def test_a_daemon_that_is_only_stopped_keeps_no_machine_from_going_down(running: Transcript) -> None:
    running.feed(StopRequested(None, "14:05"))
    assert current_view(running.snapshot) is View.STOPPED
    assert running.feed(PanelShown("stopped", full=True)) == ()


@pytest.mark.parametrize("view", ["rebooting", "stopped", "home"])
def test_a_frame_lets_the_machine_go_by_what_it_announces_and_not_by_its_name(running: Transcript, view: str) -> None:
    running.feed(RestartRequested())
    assert running.feed(PanelShown(view, full=True)) == ()
    assert running.feed(PanelShown(view, full=True, announces=Shutdown.OFF)) == ()
    assert running.feed(PanelShown(view, full=True, announces=Shutdown.RESTART)) == (Reboot(),)


def test_the_frame_of_a_daemon_that_stopped_does_not_say_that_the_gateway_is_off(running: Transcript) -> None:
    running.feed(StopRequested(None, "14:05"))
    assert announcement(running.snapshot) is None
    running.feed(ShutdownAnnounced(Shutdown.OFF, "14:06"))
    assert announcement(running.snapshot) is Shutdown.OFF
