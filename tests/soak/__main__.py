"""The fault test: ``python -m tests.soak --cuts N --seed S``."""

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from random import Random

from mapio_display.virtual.rauc_service import namespace, real_rauc_runs
from tests.soak.faults import KINDS, MOMENT, STEPS, Fault, draw
from tests.soak.machine import Late, Machine, new_machine
from tests.soak.power import DiskError
from tests.soak.rounds import Outcome, Rounds

INSIDE = "MAPIO_SOAK_NAMESPACE"


def main() -> int:
    """Give 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="tests.soak", description="Updates that are cut off, and judged.")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--first", type=int, default=1, help="the number of the first cut, to repeat one")
    parser.add_argument("--environments", type=int, default=2, help="copies of U-Boot's environment; the board has 1")
    options = parser.parse_args()
    if not (real_rauc_runs() and Path("/dev/fuse").exists()):
        print("Skipped: the fault test takes root, the real RAUC, loop devices and /dev/fuse.")
        return 0
    if INSIDE not in os.environ:
        # Mounts in a namespace of our own end with us, however we end.
        words = [*(namespace() or ()), sys.executable, "-m", "tests.soak", *sys.argv[1:]]
        os.execvpe(words[0], words, {**os.environ, INSIDE: "1"})
    directory = Path(tempfile.mkdtemp(prefix="mapio-soak-"))
    try:
        return asyncio.run(soak(directory, options))
    finally:
        shutil.rmtree(directory)


async def soak(directory: Path, options: argparse.Namespace) -> int:
    """Cut updates off, one after another, and tell."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    cuts, seed, first = options.cuts, options.seed, options.first
    print(f"{cuts} cuts, seed {seed}", flush=True)
    figures = Figures()
    async with new_machine(directory, own_port(), options.environments) as machine:
        rounds = Rounds(machine)
        for number in range(first, first + cuts):
            began = time.monotonic()
            again = f"make soak CUTS=1 SEED={seed} FIRST={number}"
            try:
                fault, outcome = await one_cut(rounds, f"{seed}-{number}")
            except (Late, DiskError) as error:
                tell(machine, [f"{type(error).__name__}: {error}"], again)
                figures.found += 1
                break
            except BaseException:
                print(f"Stopped in cut {number}; {again}", flush=True)
                raise
            took = time.monotonic() - began
            print(f"{number:4} {took:5.2f} s  {fault}: {', '.join(outcome.results)}", flush=True)
            figures.add(fault, outcome, took)
            if outcome.findings:
                tell(machine, outcome.findings, again)
        figures.tell(machine.emmc.lost)
    return 1 if figures.found else 0


def own_port() -> int:
    """Give a port that no test and no other fault test takes while the gateway restarts."""
    return 24_000 + os.getpid() % 6_000


class Figures:
    """Counts cuts by place and kind, and what became of the updates."""

    def __init__(self) -> None:
        self._places: dict[str, Counter[str]] = defaultdict(Counter)
        self._results: Counter[str] = Counter()
        self._took: list[float] = []
        self.found = 0

    def add(self, fault: Fault, outcome: Outcome, took: float) -> None:
        """Count a cut that took so many seconds, the update after it included."""
        self._places[fault.place][fault.kind] += 1
        self._results.update(outcome.results)
        self._took.append(took)
        self.found += bool(outcome.findings)

    def tell(self, lost: list[tuple[int, int]]) -> None:
        """Print them. ``lost`` is of each power cut how many bytes were unsure, and how many of them were left."""
        row = "{:<26}" + "{:>8}" * len(KINDS)
        print(row.format("cuts", *KINDS))
        for place in (*(step.name for step in STEPS), MOMENT):
            print(row.format(place, *(self._places[place][kind] for kind in KINDS)))
        print(row.format("together", *(sum(place[kind] for place in self._places.values()) for kind in KINDS)))
        print("what became of the updates:", ", ".join(f"{n} {result}" for result, n in self._results.most_common()))
        unsure = sum(unsure > 0 for unsure, _ in lost)
        some = sum(0 < left < unsure for unsure, left in lost)
        print(f"power cuts: {len(lost)}; {unsure} of them with unflushed writes, {some} of them lost in part")
        print(f"{len(self._took)} cuts in {sum(self._took):.0f} s, found something after {self.found}", flush=True)


async def one_cut(rounds: Rounds, seed: str) -> tuple[Fault, Outcome]:
    """Draw faults until one comes about, and see to it that a new update goes through."""
    chance = Random(seed)
    while True:
        fault = draw(chance)
        outcome = await rounds.play(fault, seed)
        if outcome.cut or outcome.findings:
            break
    then = await rounds.go_through()
    outcome.findings += then.findings
    return fault, outcome


def tell(machine: Machine, findings: list[str], again: str) -> None:
    """Tell what was found."""
    for finding in findings:
        print(f"FOUND {finding}")
    print(machine.logs())
    print(f"Again, but for the timing: {again}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
