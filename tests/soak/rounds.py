"""One update after another: cut off by a fault, or left alone, and judged."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from mapio_display.virtual.bundles import FIRST_VERSION, SAMPLES
from mapio_display.virtual.releases import NEWEST
from tests.soak import checks, glass
from tests.soak.checks import Story, booted
from tests.soak.facts import Facts
from tests.soak.faults import KILLED, POWER, Fault
from tests.soak.machine import PATIENCE_S, Late, Machine, Status

LOOK_S = 0.01
JOURNAL_S = 5.0  # a busy machine's disk takes its time
AT_REST = ("idle", "failed")
VERSIONS = {FIRST_VERSION, *(sample.version for sample in SAMPLES.values())}


@dataclass(slots=True)
class Outcome:
    """How an update ended: whether it was ``cut``, what became of it, and what was wrong about that."""

    cut: bool = False
    results: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Rounds:
    """Updates of ``machine``, which is at rest before and after each."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._failure: str | None = None  # the code of the failure that was last dismissed
        self._resting: tuple[str, ...] = AT_REST
        self._downloads = False

    async def play(self, fault: Fault, seed: str) -> Outcome:
        """Cut an update off and judge it, and have the upload's rest sent if it waits for that. Raises ``Late``."""
        machine, outcome = self._machine, Outcome()
        bundle = self._other() if fault.bundle == "good" else fault.bundle
        self._downloads = fault.download and bundle == NEWEST  # no other one is announced
        pieces = fault.pieces and not self._downloads
        sending = machine.send_pieces if pieces else machine.send_form
        # Who sends in pieces may go on for a minute after the last; then the status is idle.
        self._resting = (*AT_REST, "receiving") if pieces else AT_REST
        coming = machine.download() if self._downloads else sending(machine.bundles.paths[bundle])
        story = await self._update(bundle, coming, outcome, fault, seed)
        self._downloads = False
        if story.paused:
            await self._update(bundle, machine.send_pieces(machine.bundles.paths[bundle]), outcome)
        return outcome

    async def go_through(self) -> Outcome:
        """Update once without a fault: it must succeed. Raises ``Late``."""
        outcome = Outcome()
        self._resting = AT_REST
        bundle = self._other()
        await self._update(bundle, self._machine.send_form(self._machine.bundles.paths[bundle]), outcome)
        if outcome.results != ["succeeded"]:
            outcome.findings.append(f"a new update does not go through: {outcome.results}")
        return outcome

    def _other(self) -> str:
        return "older" if self._machine.running_version() == SAMPLES["good"].version else "good"

    async def _update(
        self,
        bundle: str,
        sending: Coroutine[Any, Any, int],
        outcome: Outcome,
        fault: Fault | None = None,
        seed: str = "",
    ) -> Story:
        """Update by ``sending``, with a fault or without, and add to the outcome."""
        machine = self._machine
        before = await self._at_rest()
        activated = machine.facts().activated
        machine.boots.clear()
        machine.left.clear()
        record: dict[str, Any] | None = None
        boot_not = ""
        async with asyncio.TaskGroup() as group:
            sent = group.create_task(sending)
            over = group.create_task(self._over(sent))
            if fault is not None:
                coming = group.create_task(self._comes(fault, before))
                await asyncio.wait((over, coming), return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    over.cancel()
                    outcome.cut = True
                    boot_not = before["boot_id"] if fault.kind == POWER else ""
                    record = await self._strike(fault, seed)
                else:
                    coming.cancel()
        await machine.emmc.disarm()
        after = await self._at_rest(boot_not)
        now = await self._facts()
        last = before["last_update"]
        records = [record, *(facts.record for facts in machine.boots)]
        story = Story(
            to=SAMPLES[bundle].version,
            before=before,
            after=after,
            boots=tuple(machine.boots),
            now=now,
            journalled=any(r is not None and r["id"] != (last and last["id"]) for r in records),
            paused=bool(now.record and now.record["resumable"] and now.record["stage"] == "receiving"),
            failure=self._failure,
            activated=activated,
            killed=KILLED[fault.kind] if fault is not None and outcome.cut else (),
        )
        outcome.results.append(checks.reported_result(story))
        outcome.findings.extend(checks.findings(story))
        for running, left in machine.left:
            updated = running == story.to or bool(last and last["result"] == "succeeded")
            outcome.findings.extend(glass.lies(left, running=running, others=VERSIONS, updated=updated))
        return story

    async def _facts(self) -> Facts:
        """What lies on the eMMC; the verdict is reported before the journal with it is on the disk."""
        until = time.monotonic() + JOURNAL_S
        while True:
            now = await asyncio.to_thread(self._machine.facts)
            waits = now.record is not None and now.record["stage"] != "receiving"
            if not waits or time.monotonic() > until:
                return now
            await asyncio.sleep(LOOK_S)

    async def _over(self, sent: asyncio.Task[int]) -> None:
        await asyncio.wait([sent])
        await self._machine.wait("the update's end", self._up)

    async def _comes(self, fault: Fault, before: Status) -> None:
        """Wait until it is time for the fault."""
        if fault.step is None:
            await asyncio.sleep(fault.after)
        else:
            source = booted(before)
            await self._machine.emmc.arm(fault.step.needle(source, checks.OTHER[source]), fault.count)
            await self._machine.emmc.stopped.wait()

    async def _strike(self, fault: Fault, seed: str) -> dict[str, Any] | None:
        """Let the fault happen; gives what the journal says then, where it is not on a disk without power."""
        machine = self._machine
        if fault.kind == POWER:
            await machine.cut_power(seed)
            return None
        killed = {name: pid for name, pid in machine.gateway.pids.items() if name in KILLED[fault.kind]}
        machine.kill(KILLED[fault.kind])
        await machine.emmc.disarm()
        facts = await asyncio.to_thread(machine.facts)
        await self._until(
            lambda: len(pids := machine.gateway.pids) == 2 and not killed.items() & pids.items(), "the services again"
        )
        return facts.record

    async def _at_rest(self, boot_not: str = "") -> Status:
        """Wait until no update is under way, and all is as it should be then."""
        machine = self._machine
        self._failure = None

        def up(status: Status) -> bool:
            return self._up(status) and status["boot_id"] != boot_not

        status = await machine.wait("rest", up)
        good = f"BOOT_{booted(status)}_LEFT"
        await self._until(lambda: machine.environment().get(good) == "3", f"{good}=3")
        if (await machine.wait("rest", up))["update"]["phase"] == "failed":
            await machine.wait("the failure on the glass", machine.shows)
            self._failure = (await machine.status())["update"]["error"]["code"]
            await machine.ask("POST", "/api/update/acknowledge")
            await machine.wait("rest", lambda s: up(s) and s["update"]["phase"] == "idle")
        return await machine.wait("what is shown on the glass", lambda s: up(s) and machine.shows(s))

    def _up(self, status: Status) -> bool:
        return (
            status["boot_id"] == self._machine.boot_id()
            and status["daemon"]["ready"]
            and status["rauc"]["available"]
            and bool(status["slots"])
            and status["update"]["phase"] in self._resting
            # A download that waits resumes by itself.
            and not (self._downloads and status["update"]["phase"] == "idle" and status["update"]["id"])
            and not status["release"]["opening"]
            and status["panel"]["view"] not in (None, "starting")
        )

    async def _until(self, holds: Callable[[], object], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():  # noqa: ASYNC110 - nobody tells when a file has changed
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise Late(what) from None
