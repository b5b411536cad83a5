"""The screen's task: what is refreshed, how and when, what of a panel that fails, and what is left at the end."""

import asyncio
import logging
import threading
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from mapio_display.core.facts.daemon import Started
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.panel import PanelState
from mapio_display.core.facts.rauc import RaucFound, SlotsRead
from mapio_display.core.facts.shutdown import StopRequested
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import UploadOpened, UploadProgress
from mapio_display.core.frame import Frame, Glass
from mapio_display.core.front.names import View
from mapio_display.core.front.refresh import FULL_EVERY_S, PARTIALS_IN_A_ROW, PROGRESS_EVERY_S, TIDY_AFTER_S
from mapio_display.errors import PanelError
from mapio_display.panel.early import Early
from mapio_display.panel.job import Job
from mapio_display.panel.memory import Remembered
from mapio_display.panel.waveshare import Driver
from tests.panel.conftest import HeldPanel, Stage, render
from tests.panel.fakes import Bench, noise

# With the web server off the daemon runs at once, and rests on "home".
STARTED = Started(
    boot_id="boot", os=OsRelease("mapio", "1.3.0"), hostname="mapio", pin="123456", web_enabled=False, web_port=80
)


def renamed(hostname: str) -> NetworkChanged:
    """Something that changes the picture and must be seen at once: with IPv6 only, the name is the address."""
    return NetworkChanged("eth0", (Address("eth0", "2001:db8::1"),), hostname)


async def at_home(stage: Stage) -> asyncio.Task[None]:
    stage.happen(STARTED, renamed("mapio"))
    _, task = stage.start()
    assert (await stage.show()).frame.view == "home"
    return task


async def test_the_first_refresh_on_an_unknown_glass_is_a_full_one(stage: Stage) -> None:
    stage.happen(STARTED)
    screen, _ = stage.start()
    call = await stage.show()
    assert (call.kind, call.frame) == ("full", render("home", stage.state.snapshot))
    assert screen.shown == call.frame
    assert (stage.state.snapshot.panel.view, stage.state.snapshot.panel.state) == ("home", PanelState.OK)


async def test_a_change_within_a_view_is_partial_and_names_what_the_glass_showed(stage: Stage) -> None:
    await at_home(stage)
    before = render("home", stage.state.snapshot)
    stage.happen(renamed("other"))
    call = await stage.show()
    assert (call.kind, call.old) == ("partial", before)
    assert stage.state.snapshot.panel.partial_refreshes == 1


async def test_nothing_is_refreshed_when_nothing_shown_changes(stage: Stage) -> None:
    await at_home(stage)
    rendered = stage.rendered
    stage.happen(RaucFound("1.8"))
    await stage.settle()
    assert stage.rendered == rendered + 1
    assert stage.panel.idle


async def test_nothing_is_drawn_while_nothing_happens(stage: Stage) -> None:
    await at_home(stage)
    await stage.settle()
    rendered = stage.rendered
    stage.clock.advance(FULL_EVERY_S - 1)
    await stage.settle()
    assert (stage.rendered, stage.panel.idle) == (rendered, True)


async def test_after_a_day_the_glass_is_refreshed_in_full(stage: Stage) -> None:
    await at_home(stage)
    stage.clock.advance(FULL_EVERY_S)
    assert (await stage.show()).kind == "full"


async def test_of_what_happens_during_a_refresh_only_the_last_is_shown(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(renamed("first"))
    await stage.panel.begun()
    for hostname in ("second", "third", "fourth"):
        stage.happen(renamed(hostname))
        await stage.settle()
    await stage.finish()
    assert (await stage.show()).frame == render("home", stage.state.snapshot)
    await stage.settle()
    assert stage.panel.idle
    assert stage.refreshes == 3


async def test_a_state_that_comes_and_goes_during_a_refresh_costs_none(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(renamed("other"))
    await stage.panel.begun()
    stage.happen(renamed("third"), renamed("other"))
    await stage.finish()
    await stage.settle()
    assert stage.panel.idle


async def test_another_view_is_drawn_while_the_panel_wakes(stage: Stage) -> None:
    await at_home(stage)
    woken: list[bool] = []
    stage.while_drawing = lambda: woken.append(stage.panel.woken.wait(10))
    stage.happen(RaucFound("1.8"), SlotsRead((), None), UploadOpened("u", "bundle.raucb", 1000))
    call = await stage.show()
    assert (call.kind, call.frame, woken[0]) == ("full", render(View.UPDATE, stage.state.snapshot), True)


async def test_within_a_view_the_panel_is_not_woken_for_what_may_look_the_same(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(SlotsRead((), None))
    await stage.settle()
    assert not stage.panel.woken.is_set()


async def test_progress_that_may_not_be_shown_yet_is_not_drawn(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(RaucFound("1.8"), SlotsRead((), None), UploadOpened("u", "bundle.raucb", 1000))
    await stage.show()
    await stage.settle()
    rendered = stage.rendered
    for received in (100, 200, 300):
        stage.happen(UploadProgress("u", received))
        await stage.settle()
    assert stage.rendered == rendered
    stage.clock.advance(PROGRESS_EVERY_S)
    assert (await stage.show()).frame == render(View.UPDATE, stage.state.snapshot)


async def test_after_some_partial_refreshes_there_is_a_full_one(stage: Stage) -> None:
    await at_home(stage)
    kinds = []
    for n in range(PARTIALS_IN_A_ROW + 1):
        stage.happen(renamed(f"name{n}"))
        kinds.append((await stage.show()).kind)
    assert kinds == ["partial"] * PARTIALS_IN_A_ROW + ["full"]


async def test_a_panel_without_partial_refreshes_is_always_refreshed_in_full(stage: Stage) -> None:
    stage.panel.can_partial = False
    await at_home(stage)
    stage.happen(renamed("other"))
    assert (await stage.show()).kind == "full"


async def test_progress_is_shown_at_a_pace_that_spares_the_glass(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(RaucFound("1.8"), SlotsRead((), None), UploadOpened("u", "bundle.raucb", 1000))
    assert (await stage.show()).frame.view == "update"
    stage.happen(UploadProgress("u", 100))
    await stage.settle()
    stage.clock.advance(PROGRESS_EVERY_S - 0.1)
    stage.happen(UploadProgress("u", 200))
    await stage.settle()
    assert stage.panel.idle
    stage.clock.advance(0.1)
    call = await stage.show()
    assert (call.kind, call.frame) == ("partial", render(View.UPDATE, stage.state.snapshot))


# A panel that does not answer


async def test_a_panel_that_fails_is_reported_and_retried_with_growing_pauses(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stage.happen(STARTED)
    screen, _ = stage.start()
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        assert (await stage.panel.begun()).kind == "full"
        stage.panel.fail("The panel has been busy for 5 s")
        assert await stage.failure() == "The panel has been busy for 5 s"
        assert stage.state.snapshot.panel.state is PanelState.NOT_RESPONDING
        stage.clock.advance(pause - 0.01)
        await stage.settle()
        assert stage.panel.idle
        stage.clock.advance(0.01)
    await stage.show()
    assert screen.shown is not None
    assert stage.state.snapshot.panel.state is PanelState.OK
    assert [record.message for record in caplog.records if record.name.endswith("screen")] == [
        "The panel has been busy for 5 s",
        "The panel answers again",
    ]


async def test_after_a_failure_the_glass_is_unknown_and_the_next_refresh_full(stage: Stage) -> None:
    stage.happen(STARTED, renamed("mapio"))
    screen, _ = stage.start()
    await stage.show()
    stage.happen(renamed("other"))
    assert (await stage.panel.begun()).kind == "partial"
    stage.panel.fail()
    await stage.failure()
    assert screen.shown is None
    stage.clock.advance(1)
    assert (await stage.show()).kind == "full"


async def test_after_a_success_the_pauses_begin_anew(stage: Stage) -> None:
    await at_home(stage)
    for n in range(3):
        stage.happen(renamed(f"name{n}"))
        await stage.panel.begun()
        stage.panel.fail()
        await stage.failure()
        stage.clock.advance(1)
        await stage.show()


async def test_a_failing_panel_does_not_take_the_state_with_it(stage: Stage) -> None:
    stage.happen(STARTED)
    stage.start()
    await stage.panel.begun()
    stage.panel.fail()
    await stage.failure()
    stage.happen(renamed("still here"))
    assert stage.state.snapshot.hostname == "still here"


async def test_a_mistake_in_the_driver_is_a_panel_that_does_not_work(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracebacks: list[object] = []
    monkeypatch.setattr("threading.excepthook", lambda args: tracebacks.append(args.exc_type))

    class Mistaken:
        can_partial = True
        call_s = 10.0

        def wake(self) -> None: ...

        def full(self, frame: Frame) -> None:
            raise IndexError

        def partial(self, old: Frame, new: Frame) -> None: ...

        def close(self) -> None: ...

    stage.happen(STARTED)
    stage.start(driver=Mistaken())
    assert (await stage.failure()).startswith("The panel's driver broke off: ")
    assert tracebacks == [IndexError]


# The end


async def test_at_the_end_the_last_frame_is_drawn_and_the_panel_given_back(stage: Stage) -> None:
    task = await at_home(stage)
    stage.happen(StopRequested())
    assert (await stage.show()).frame.view == "stopped"
    await task
    assert stage.panel.closed


async def test_the_refresh_under_way_at_the_end_is_awaited_and_then_the_last_frame_drawn(stage: Stage) -> None:
    task = await at_home(stage)
    stage.happen(renamed("other"))
    await stage.panel.begun()
    stage.happen(StopRequested())
    await stage.settle()
    assert not task.done()
    await stage.finish()
    assert (await stage.show()).frame.view == "stopped"
    await task


async def test_a_dead_panel_is_tried_once_more_at_the_end_and_holds_it_up_no_longer(stage: Stage) -> None:
    stage.happen(STARTED)
    _, task = stage.start()
    await stage.panel.begun()
    stage.panel.fail()
    await stage.failure()
    stage.happen(StopRequested())
    assert (await stage.panel.begun()).frame.view == "stopped"
    stage.panel.fail()
    await task
    assert stage.panel.closed


async def test_a_glass_that_shows_the_last_frame_already_is_left_alone(stage: Stage) -> None:
    stage.happen(STARTED, StopRequested())
    stopped = render(View.STOPPED, stage.state.snapshot)
    stage.memory().store(Remembered(Glass(stopped, at=4990.0, full_at=4990.0)))
    _, task = stage.start()
    await task
    assert stage.panel.idle


async def test_a_call_that_hangs_is_reported_and_does_not_hold_up_the_end(stage: Stage) -> None:
    stage.happen(STARTED)
    _, task = stage.start()
    await stage.panel.begun()
    stage.clock.advance(stage.panel.call_s)
    await stage.failure()
    stage.clock.advance(1)
    assert await stage.failure() == "The panel's driver hangs"
    assert stage.panel.idle  # the thread that hangs has the bus
    stage.happen(StopRequested())
    await task
    assert not stage.panel.closed
    stage.panel.finish()


async def test_a_call_that_came_back_after_all_makes_room_for_the_next_try(stage: Stage) -> None:
    stage.happen(STARTED)
    screen, _ = stage.start()
    await stage.panel.begun()
    stage.clock.advance(stage.panel.call_s)
    assert "has not come back for 10 s" in await stage.failure()
    stage.panel.finish()
    ended = Event()
    assert screen._job is not None
    screen._job.when_ended(ended.set)
    assert ended.wait(10)
    stage.clock.advance(1)
    assert (await stage.show()).kind == "full"


async def test_a_cancelled_screen_waits_for_its_thread_before_the_lines_are_given_back(stage: Stage) -> None:
    task = await at_home(stage)
    stage.happen(renamed("other"))
    await stage.panel.begun()
    task.cancel()
    await stage.settle()
    assert not task.done()
    assert not stage.panel.closed
    stage.panel.finish()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stage.panel.closed


async def test_a_cancelled_screen_does_not_wait_for_a_thread_that_hangs(stage: Stage) -> None:
    task = await at_home(stage)
    stage.happen(renamed("other"))
    await stage.panel.begun()
    task.cancel()
    await stage.settle()
    stage.clock.advance(stage.panel.call_s)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not stage.panel.closed
    stage.panel.finish()


@pytest.mark.parametrize("ends", ["stopped", "cancelled"])
def test_a_thread_that_comes_back_after_the_loop_has_gone_disturbs_nobody(ends: str, tmp_path: Path) -> None:
    async def hang() -> HeldPanel:
        async with asyncio.TaskGroup() as group:
            stage = Stage(tmp_path, group)
            stage.happen(STARTED)
            _, task = stage.start()
            await stage.panel.begun()
            if ends == "cancelled":
                task.cancel()
                await stage.settle()
                stage.clock.advance(stage.panel.call_s)
            else:
                stage.clock.advance(stage.panel.call_s)
                await stage.failure()
                stage.happen(StopRequested())
        return stage.panel

    panel = asyncio.run(hang())
    panel.finish()
    for thread in threading.enumerate():
        if thread.name == "panel":
            thread.join(10)  # an exception in it would fail this test


# The beginning


async def test_the_early_frame_is_taken_over(stage: Stage) -> None:
    stage.happen(STARTED)
    starting = noise(1, "starting")
    screen, _ = stage.start(Early(Job(lambda: stage.panel.full(starting)), starting))
    assert (await stage.panel.begun()).frame is starting
    await stage.settle()
    assert screen.shown is None
    await stage.finish()
    assert stage.state.snapshot.panel.view == "starting"
    assert (await stage.show()).frame.view == "home"
    assert stage.state.snapshot.panel.full_refreshes == 2


async def test_an_early_frame_that_has_ended_already_is_taken_over_too(stage: Stage) -> None:
    ended = Event()
    job = Job(lambda: None)
    job.when_ended(ended.set)
    assert ended.wait(10)
    screen, _ = stage.start(Early(job, noise(1, "starting")))
    assert await stage.shown() == "starting"
    assert screen.shown == noise(1, "starting")


async def test_an_early_frame_that_failed_is_retried_like_any_other(stage: Stage) -> None:
    def fail() -> None:
        raise PanelError("no answer")

    stage.happen(STARTED)
    stage.start(Early(Job(fail), noise(1, "starting")))
    await stage.failure()
    stage.clock.advance(1)
    assert (await stage.show()).frame.view == "home"


async def test_after_a_restart_with_a_known_glass_nothing_is_refreshed(stage: Stage) -> None:
    stage.happen(replace(STARTED, hostname="mapio"))
    home = render("home", stage.state.snapshot)
    stage.memory().store(Remembered(Glass(home, 2, 0, 4000.0, 4000.0), 5, 9, "2026-11-23T14:05:00Z"))
    screen, _ = stage.start()
    snapshot = await stage.until(lambda snapshot: snapshot.panel.state is PanelState.OK)
    await stage.settle()
    assert stage.panel.idle
    assert screen.shown == home
    assert (snapshot.panel.view, snapshot.panel.full_refreshes, snapshot.panel.partial_refreshes) == ("home", 5, 9)
    assert snapshot.panel.last_refresh_at == "2026-11-23T14:05:00Z"


async def test_a_restart_counts_on_and_refreshes_partially_from_the_known_glass(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(renamed("other"))
    await stage.show()
    remembered = stage.memory().load()
    assert remembered is not None
    assert (remembered.full_refreshes, remembered.partial_refreshes, remembered.glass.partials) == (1, 1, 1)
    restarted = Stage(stage.folder, stage._group)
    restarted.happen(STARTED, renamed("third"))
    restarted.start()
    call = await restarted.show()
    assert (call.kind, call.old) == ("partial", remembered.glass.frame)
    assert restarted.state.snapshot.panel.partial_refreshes == 2


async def test_a_restart_draws_no_starting_frame(stage: Stage) -> None:
    stage.memory().store(Remembered(Glass(noise(1, "stopped"), at=4990.0, full_at=4990.0)))
    stage.start()
    await stage.settle()
    assert stage.panel.idle
    stage.happen(STARTED)
    assert (await stage.show()).frame.view == "home"


async def test_a_daemon_killed_in_mid_refresh_leaves_a_glass_that_the_next_one_refreshes_in_full(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(renamed("other"))
    assert (await stage.panel.begun()).kind == "partial"
    killed = Stage(stage.folder, stage._group)  # the first one never learns how its refresh ended
    killed.happen(STARTED)
    screen, _ = killed.start()
    assert screen.shown is None
    assert (await killed.show()).kind == "full"
    stage.panel.finish()


async def test_a_daemon_killed_in_mid_refresh_leaves_its_counters_to_the_next_one(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(renamed("other"))
    await stage.panel.begun()
    killed = Stage(stage.folder, stage._group)
    killed.happen(STARTED)
    killed.start()
    await killed.show()
    assert killed.state.snapshot.panel.full_refreshes == 2
    stage.panel.finish()


async def test_a_while_after_partial_refreshes_the_glass_is_cleared_of_their_ghosts(stage: Stage) -> None:
    await at_home(stage)
    stage.happen(renamed("other"))
    assert (await stage.show()).kind == "partial"
    await stage.settle()
    assert stage.panel.idle
    stage.clock.advance(TIDY_AFTER_S)
    assert (await stage.show()).kind == "full"
    stage.clock.advance(FULL_EVERY_S - 1)
    await stage.settle()
    assert stage.panel.idle


async def test_another_boot_begins_with_a_full_refresh(stage: Stage) -> None:
    stage.memory().store(Remembered(Glass(noise(1, "home"), at=4990.0, full_at=4990.0)))
    stage.happen(STARTED)
    stage.start(boot_id="next boot")
    assert (await stage.show()).kind == "full"


# With the real driver and the simulated chip


async def test_the_glass_follows_the_state_pixel_by_pixel(stage: Stage) -> None:
    bench = Bench(rotation=180)
    driver: Driver = bench.driver
    stage.happen(STARTED)
    screen, task = stage.start(driver=driver)
    for n in range(PARTIALS_IN_A_ROW + 3):
        await stage.shown()
        assert screen.shown == render("home", stage.state.snapshot)
        bench.assert_shows(screen.shown)
        stage.happen(renamed(f"name{n}"))
    stage.happen(StopRequested())
    await task
    assert screen.shown is not None
    assert screen.shown.view == "stopped"
    bench.assert_shows(screen.shown)
    assert not bench.wires.is_open
