from tests.machine.disk import Slots

START_A, START_B = b"Slot A starts\n", b"Slot B starts\n"


def test_a_slot_has_been_in_use_from_its_start_until_it_is_written() -> None:
    slots = Slots({"A": "2.1"})
    slots.write(len(START_A) - 1, "B", "2.2")
    slots.write(len(START_A + START_B) - 1, "A", "2.3")
    assert slots.after(b"").started == {}
    assert slots.after(START_A).started == {"A": "2.1"}
    assert slots.after(START_A + START_B).started == {"B": "2.2"}
    assert slots.after(START_A + START_B + START_A).started == {"A": "2.3", "B": "2.2"}


def test_what_was_known_at_a_place_goes_on_from_there() -> None:
    slots = Slots({"A": "2.1"})
    slots.write(len(START_A) - 1, "B", "2.2")
    later = slots.after(START_A)
    assert later.after(START_B).started == {"A": "2.1", "B": "2.2"}


def test_a_slot_that_holds_nothing_known_is_not_in_use_by_its_start() -> None:
    assert Slots({"A": "2.1"}).after(START_B).started == {}
