"""The medium whose power is cut: what is synced survives, what is not may be lost, torn or out of order."""

from collections.abc import Callable
from random import Random

from tests.soak.medium import SECTOR, Medium, survivors

A, B, C = b"a" * SECTOR, b"b" * SECTOR, b"c" * SECTOR
SEEDS = range(200)


def after_a_cut(write: Callable[[Medium], None], seed: int) -> bytes:
    medium = Medium(4 * SECTOR)
    write(medium)
    medium.restore(Random(seed))
    return medium.read(0, 3 * SECTOR)


def test_what_was_flushed_survives_every_cut() -> None:
    def write(medium: Medium) -> None:
        medium.write(0, A + B)
        medium.flush()
        medium.write(SECTOR, C)

    left = {after_a_cut(write, seed)[: 2 * SECTOR] for seed in SEEDS}
    assert left == {A + B, A + C}


def test_writes_in_the_cache_are_lost_torn_and_out_of_order() -> None:
    def write(medium: Medium) -> None:
        medium.write(0, A)
        medium.write(SECTOR, B + C)
        medium.write(0, B)

    left = {after_a_cut(write, seed) for seed in SEEDS}
    nothing = bytes(SECTOR)
    assert nothing * 3 in left, "all lost"
    assert B + B + C in left, "all kept"
    assert nothing + B + C in left, "the second alone, and neither the one before it nor the one after"
    assert A + B + C in left, "the first over the last: out of order"
    assert {B + B + nothing, nothing + B + nothing} & left, "torn"


def test_the_same_seed_leaves_the_same() -> None:
    writes = [(number * SECTOR, A) for number in range(50)]
    assert survivors(writes, Random(7)) == survivors(writes, Random(7))
    assert survivors(writes, Random(7)) != survivors(writes, Random(8))


def test_without_power_nothing_is_kept_and_everything_answered() -> None:
    medium = Medium(SECTOR)
    medium.write(0, A)
    medium.flush()
    medium.cut()
    medium.write(0, B)
    medium.flush()
    assert medium.read(0, SECTOR) == B
    medium.restore(Random(1))
    assert medium.read(0, SECTOR) == A
