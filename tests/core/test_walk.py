"""Walks by chance through all that can happen to an update, and what must hold at every step of them."""

import pytest

from mapio_display.core.commands import Command, Install, Reboot, ReleaseShutdown, Repair
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.daemon import Started
from mapio_display.core.facts.event import Event
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.update import AcknowledgeRequested, Phase, Step, UploadOpened
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.reduce import wake_at
from mapio_display.core.snapshot import Snapshot
from mapio_display.words.catalogue import ENGLISH
from tests.core.world import World

FAREWELL = {Shutdown.RESTART: "rebooting", Shutdown.OFF: "stopped"}
WAITS = (Step.PAUSED, Step.INSTALLING, Step.REPAIRING, Step.ANNOUNCING, Step.REBOOTING, Step.JUDGING)
REST = (Step.IDLE, Step.FAILED, Step.INSTALLED)


class Watched(World):
    """A world that knows the truth, and compares with it all that the core says and commands."""

    def watch(self, before: Snapshot, event: Event, commands: tuple[Command, ...]) -> None:
        was, now = before.update, self.snapshot.update
        for command in commands:
            self.may(command, event)
        if now.step in WAITS:
            assert now.deadline is not None, "nothing waits without end"
        if isinstance(event, Tick):
            at = wake_at(self.snapshot)
            assert at is None or at > self.mono, "a tick settles what it was for"
        if isinstance(event, UploadOpened):
            assert was.step in (Step.IDLE, Step.FAILED, Step.PAUSED), "one update at a time"
        if (was.id, was.phase) == (now.id, now.phase) and was.percent is not None and now.phase is Phase.INSTALLING:
            assert (now.percent or 0) >= was.percent, "percents never fall"
        last = self.snapshot.last_update
        if was.record is not None and now.record is None and now.waits is None and was.id in self.machine.touched:
            assert last is not None
            assert last.id == was.id, "an update that touched a slot ends in a verdict"
        if last is not None and last != before.last_update and not isinstance(event, Started | AcknowledgeRequested):
            self.is_true(last)
        if last is not None and last.result is Result.SUCCEEDED and now.record is None:
            assert last.to_version == self.machine.running.version, "a success is reported of the version that runs"

    def may(self, command: Command, event: Event) -> None:
        record = self.snapshot.update.record
        match command:
            case Install(upload_id):
                assert record is not None
                assert (record.id, record) == (upload_id, self.journal[0]), "first it is journalled"
            case Reboot():
                asked = self.may_restart if record is None else record.id in self.machine.complete or self.chosen
                assert asked, "nothing is rebooted unless the install succeeded, or the owner wishes it"
                if record is not None and not self.wished:
                    assert self.machine.kind.knows_booted, "it is not known what would be started"
                    assert self.machine.kind.activates or self.chosen, "this RAUC does not start it"
                assert self.glass in ("rebooting", None) or isinstance(event, Tick), "said first, unless that is slow"
            case Repair(upload_id, slot):
                assert record is not None
                assert (record.id, record.repaired, record) == (upload_id, slot, self.journal[0]), "first journalled"
            case ReleaseShutdown() if self.snapshot.shutdown is not None:
                assert self.glass in (FAREWELL[self.snapshot.shutdown], None)

    def is_true(self, last: LastUpdate) -> None:
        machine = self.machine
        complete = last.id in machine.complete
        assert (machine.running.id == last.id) == (last.result is Result.SUCCEEDED)
        if "did not" in ENGLISH.say(last.reason):
            assert machine.has_environment, "which slot was given up is not known"
            assert machine.is_bad(last.slot or ""), "a slot that was not given up is not to blame"
        match last.result:
            case Result.ROLLED_BACK:
                assert complete
            case Result.INTERRUPTED:
                unknown = "does not report" in ENGLISH.say(last.reason)
                assert not complete or unknown or machine.primary == machine.booted, (
                    "only while the old slot is primary"
                )
            case Result.INSTALLED:
                assert complete
            case Result.FAILED:
                assert not complete or machine.primary != last.slot, "unless a person chose another slot"


@pytest.mark.parametrize("seed", [*range(30), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(30, 150))])
def test_whatever_the_order_what_is_reported_and_commanded_is_true_and_all_comes_to_rest(seed: int) -> None:
    world = Watched(seed)
    world.walk(300)
    update = world.snapshot.update
    assert update.step in REST
    if not world.faults:
        waits = update.waits.record if update.waits else None
        assert world.journal == (update.record or waits, world.snapshot.last_update)
