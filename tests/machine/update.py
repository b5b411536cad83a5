"""An update of a gateway, and what the checks of the fault test say of it."""

import threading
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.machine.console import Late
from tests.machine.disk import START
from tests.machine.gateway import Gateway, Status
from tests.machine.image.make import BROKEN, FIRST, NEXT
from tests.machine.record import Moment, Recording
from tests.soak import checks, glass
from tests.soak.checks import Story, booted
from tests.soak.facts import Facts
from tests.soak.glass import HEADLINE

VERSIONS = {FIRST, NEXT, BROKEN}
U_BOOT = r"U-Boot 20\d\d"
# MAPIO has one copy, on vfat, so that a power cut may break it: U-Boot then takes its defaults (docs/integration.md).
NO_ENVIRONMENT = "no copy of U-Boot's environment is sound"
INSTALL_S = 3600  # as much as the slowest host may take
LOOK_S = 30  # how often it is asked whether it has failed


def idle(status: Status) -> bool:
    """Whether no update is under way, and the daemon knows all that it waits for."""
    return bool(
        status["update"]["phase"] == "idle"
        and status["daemon"]["ready"]
        and status["rauc"]["available"]
        and status["slots"]
        and status["panel"]["view"] not in (None, "starting")
    )


class Update:
    """An update that has just begun: its bundle is being sent to a gateway at rest.

    ``before`` is the status until now, and ``power_ups`` are how long the log of writes was at each start since, and
    what lay on the disk then.
    """

    def __init__(self, gateway: Gateway, version: str) -> None:
        self.gateway, self.version = gateway, version
        self.before = gateway.wait("rest", idle)
        self.source = booted(self.before)
        self.target = checks.OTHER[self.source]
        self.activated = gateway.facts().activated
        self.power_ups: list[tuple[int, Facts]] = []
        self.answer = 0
        self.here = gateway.console.here
        self.begins = self.ends = gateway.moment()
        gateway.writes(self.target, version)
        self._sending = threading.Thread(target=self._send, args=(gateway.delivered.bundles[version],), daemon=True)
        self._sending.start()

    def _send(self, bundle: Path) -> None:
        self.answer, _ = self.gateway.upload(bundle)

    def sent(self) -> int:
        """The answer to the upload."""
        self._sending.join(60)
        return self.answer

    def restarts(self, since: int) -> int:
        """Wait for a start, and note what it finds; returns a mark of the console. Raises ``Late`` if it failed."""
        at = self._start(since)
        self.power_ups.append((self.gateway.moment().written, self.gateway.facts()))
        return at

    def _start(self, since: int) -> int:
        ends_at = time.monotonic() + INSTALL_S
        while True:
            try:
                return self.gateway.console.expect(U_BOOT, since, LOOK_S).end()
            except Late:
                status = self.gateway.status()
                if status and status["update"]["phase"] == "failed":
                    raise Late(f"The update failed: {status['update']['error']}") from None
                if time.monotonic() >= ends_at:
                    raise

    def findings(self, after: Status) -> list[str]:
        """What does not hold at rest after it, which has this status."""
        self.gateway.console.sh("sync")
        self.ends = self.gateway.moment()
        boots = tuple(facts for _, facts in self.power_ups)
        return judge(self, after, boots, self.gateway.facts(), shown=self.gateway, journalled=True)


def judge(
    update: Update, after: Status, boots: tuple[Facts, ...], now: Facts, *, shown: Gateway, journalled: bool
) -> list[str]:
    """What does not hold of an update, by the checks of the fault test; the glass is that of ``shown``."""
    story = Story(
        to=update.version,
        before=update.before,
        after=after,
        boots=boots,
        now=now,
        journalled=journalled,
        activated=update.activated,
    )
    shown.verdicts[checks.reported_result(story)] += 1
    running = after["os"]["version"]
    updated = bool(after["last_update"] and after["last_update"]["result"] == "succeeded")
    return [
        *checks.findings(story),
        *glass.lies(shown.board.glass(), running=running, others=VERSIONS, updated=updated),
        *(f"the panel's protocol: {line}" for line in shown.board.chip.violations),
    ]


def goes_through(gateway: Gateway) -> Update:
    """Update to the next version, which starts."""
    update = Update(gateway, NEXT)
    at = update.restarts(update.here)
    assert update.sent() == 202
    assert glass.shows(gateway.board.glass(), "Restarting", HEADLINE)
    gateway.console.expect(f"Slot {update.target} starts", at, 600)
    gateway.comes_up(at)
    status = gateway.wait("the verdict", lambda now: idle(now) and now["last_update"] != update.before["last_update"])
    assert status["last_update"]["result"] == "succeeded"
    assert (booted(status), status["os"]["version"]) == (update.target, NEXT)
    gateway.wait("the view on the glass", gateway.shows, 60)
    assert glass.shows(gateway.board.glass(), "Updated", HEADLINE)
    assert update.findings(status) == []
    return update


def rolls_back(gateway: Gateway) -> Update:
    """Update to a version that does not start: it has three attempts, and then the old one runs again."""
    update = Update(gateway, BROKEN)
    at = update.restarts(update.here)
    for _ in range(3):
        at = gateway.console.expect(f"Slot {update.target} starts", at, 600).end()
    at = update.restarts(at)
    assert gateway.console.said(update.here).count(b"Kernel panic - not syncing") == 3
    gateway.console.expect(f"Slot {update.source} starts", at, 600)
    assert glass.shows(gateway.board.glass(), "Restarting", HEADLINE)
    gateway.comes_up(at)
    status = gateway.wait("the verdict", lambda now: idle(now) and now["last_update"] != update.before["last_update"])
    assert status["last_update"]["result"] == "rolled-back"
    assert (booted(status), status["os"]["version"]) == (update.source, update.before["os"]["version"])
    gateway.wait("the view on the glass", gateway.shows, 60)
    assert glass.shows(gateway.board.glass(), "Rolled back", HEADLINE)
    assert update.findings(status) == []
    return update


@dataclass(frozen=True, slots=True)
class Recorded:
    """Updates of one gateway, with all that it wrote meanwhile."""

    gateway: Gateway
    recording: Recording
    updates: tuple[Update, ...]

    def left(self, moment: Moment, cut: Random | None, to: Gateway) -> None:
        """Have the gateway ``to``, which is off, be as this one if its power goes at this moment."""
        lost = self.recording.disk(moment.written, cut, to.disk)
        if cut is not None:
            to.cuts.append(lost)
        to.pin = self.gateway.pin
        to.board.chip = deepcopy(moment.panel)
        to.slots = self.gateway.slots.after(self.gateway.console.said(0)[: moment.said])

    def running(self, moment: Moment) -> str:
        """The version that started last."""
        said = self.gateway.console.said(0)[: moment.said]
        slot = list(START.finditer(said))[-1][1].decode()
        return self.gateway.slots.after(said).started[slot]

    def cut_off(self, update: Update, moment: Moment, chance: Random, gateway: Gateway) -> list[str]:
        """Start ``gateway`` after the power was cut at a moment of an update; gives what does not hold."""
        self.left(moment, chance, gateway)
        last, running = update.before["last_update"], self.running(moment)
        updated = running == update.version or bool(last and last["result"] == "succeeded")
        found = list(glass.lies(gateway.board.glass(), running=running, others=VERSIONS, updated=updated))
        power_ups = (facts for written, facts in update.power_ups if written <= moment.written)
        boots = (*power_ups, gateway.facts())
        journalled = any(facts.record and facts.record["id"] != (last and last["id"]) for facts in boots)
        gateway.boot()
        after = gateway.wait("rest", idle)
        gateway.wait("the view on the glass", lambda status: idle(status) and gateway.shows(status), 120)
        gateway.console.sh("sync")
        found += judge(update, after, boots, gateway.facts(), shown=gateway, journalled=journalled)
        return [finding for finding in found if finding != NO_ENVIRONMENT]
