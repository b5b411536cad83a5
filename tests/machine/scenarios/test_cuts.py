"""Power cuts of recorded updates: at each step, while U-Boot saves its environment, and at any moment."""

import os
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from tests.machine.gateway import Gateway
from tests.machine.machines import SEED
from tests.machine.record import Moment
from tests.machine.update import Recorded, Update
from tests.soak.faults import STEPS, Step

pytestmark = [pytest.mark.machine, pytest.mark.long, pytest.mark.timeout(3600)]

CUTS = int(os.environ.get("CUTS") or 0)
COUNTS = next(step for step in STEPS if step.name == "boot loader counts")
SAVES = 3  # writes of U-Boot's: the environment, and what vfat keeps of the file


def moments(recorded: Recorded, update: Update, step: Step) -> list[Moment]:
    """Those at which a write or flush of the step was under way."""
    recording = recorded.recording
    starts = recording.entries(step.needle(update.source, update.target), update.begins.written)
    return [replace(recording.when(start), written=start) for start in islice(starts, step.most)]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name.replace(" ", "-"))
def test_a_power_cut_at_a_step(step: Step, recorded: Recorded, spare: Gateway) -> None:
    update, chance = recorded.updates[0], Random(f"{SEED} {step.name}")
    moment = chance.choice(moments(recorded, update, step))
    assert recorded.cut_off(update, moment, chance, spare) == []


@pytest.mark.parametrize("write", range(SAVES))
def test_a_power_cut_while_u_boot_saves_its_environment(write: int, recorded: Recorded, spare: Gateway) -> None:
    update, chance = recorded.updates[0], Random(f"{SEED} U-Boot {write}")
    moment = moments(recorded, update, COUNTS)[write]
    assert recorded.cut_off(update, moment, chance, spare) == []


@pytest.mark.parametrize("number", range(1, CUTS + 1))
def test_a_power_cut_at_any_moment(number: int, recorded: Recorded, spare: Gateway) -> None:
    chance = Random(f"{SEED} {number}")
    update = recorded.updates[0] if chance.random() < 0.7 else recorded.updates[1]
    moment = recorded.recording.between(update.begins, update.ends, chance.random())
    assert recorded.cut_off(update, moment, chance, spare) == []
