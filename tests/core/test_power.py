"""The battery: percent, a voltage that wavers, and the update that is not begun on a low one."""

from dataclasses import replace

import pytest

from mapio_display.core import failures
from mapio_display.core.commands import RemoveBundle
from mapio_display.core.facts.buttons import Front
from mapio_display.core.facts.power import Battery, Power, PowerObserved, percent, too_low
from mapio_display.core.facts.update import BundleInspected, Phase, UploadFinished, UploadOpened
from mapio_display.core.front.lights import GREEN, GREEN_BLINKING, ORANGE, RED, Light, battery_light
from mapio_display.core.front.refresh import Change
from mapio_display.core.update.table import admission
from mapio_display.errors import Refused
from tests.core.conftest import Transcript
from tests.views.conftest import change_since


@pytest.mark.parametrize(("volts", "full"), [(2.5, 0), (3.25, 10), (3.4, 50), (3.75, 90), (4.2, 100)])
def test_percent_by_voltage(volts: float, full: int) -> None:
    assert percent(Battery(), volts) == full


def test_by_the_curve_of_another_battery() -> None:
    lead = Battery(((11.8, 5), (12.0, 25), (12.7, 95)), low=12.0)
    assert [percent(lead, volts) for volts in (11.0, 11.8, 11.9, 12.7, 14.4)] == [0, 5, 15, 95, 95]
    assert percent(Battery(()), 12.0) is None


def test_a_battery_is_low_by_its_own_measure(running: Transcript) -> None:
    snapshot = replace(running.snapshot, power=Power(mains=False, battery_volts=11.9))
    assert not too_low(snapshot)
    assert too_low(replace(snapshot, battery=Battery(low=12.0)))


def test_readings_are_put_together_and_a_wavering_voltage_changes_nothing(running: Transcript) -> None:
    assert running.snapshot.power == Power()
    running.feed(PowerObserved(mains=True), PowerObserved(charging=True), PowerObserved(volts=3.75))
    assert running.snapshot.power == Power(True, True, 90, 3.75)
    before = running.snapshot
    running.feed(PowerObserved(volts=3.72), PowerObserved(volts=3.79))
    assert running.snapshot == before
    running.feed(PowerObserved(volts=3.65))
    assert running.snapshot.power.battery_volts == 3.65


def test_an_update_is_refused_on_a_low_battery_without_mains_only(running: Transcript) -> None:
    running.feed(PowerObserved(volts=3.3))
    assert admission(running.snapshot) is None
    running.feed(PowerObserved(mains=False))
    assert admission(running.snapshot) is failures.LOW_BATTERY
    with pytest.raises(Refused, match="battery"):
        running.feed(UploadOpened("u1", "good.raucb", 100))
    running.feed(PowerObserved(volts=3.43))
    assert admission(running.snapshot) is None
    running.feed(PowerObserved(volts=3.39))
    assert admission(running.snapshot) is None
    running.feed(PowerObserved(volts=3.5), PowerObserved(volts=Battery().low))
    assert admission(running.snapshot) is failures.LOW_BATTERY
    running.feed(PowerObserved(volts=Battery().low + 0.04))
    assert admission(running.snapshot) is failures.LOW_BATTERY
    running.feed(PowerObserved(volts=3.2), PowerObserved(mains=True), UploadOpened("u1", "good.raucb", 100))
    assert running.phase() is Phase.RECEIVING


def test_where_the_mains_go_during_the_transfer_of_a_low_battery_nothing_is_installed(running: Transcript) -> None:
    running.feed(PowerObserved(mains=True, volts=3.3), UploadOpened("u1", "good.raucb", 100))
    running.feed(PowerObserved(mains=False), UploadFinished("u1", 100), BundleInspected("u1", "1.4.0"))
    assert running.phase() is Phase.FAILED
    assert running.snapshot.update.error is failures.LOW_BATTERY
    assert RemoveBundle("u1") in running.commands


def test_mains_charging_and_a_low_battery_are_shown_at_once_and_the_rest_of_the_voltage_in_time(
    running: Transcript,
) -> None:
    for event, change in (
        (PowerObserved(mains=True), Change.FACT),
        (PowerObserved(charging=True), Change.FACT),
        (PowerObserved(volts=3.9), Change.BACKGROUND),
        (PowerObserved(mains=False), Change.FACT),
        (PowerObserved(volts=3.6), Change.BACKGROUND),
        (PowerObserved(volts=3.3), Change.FACT),
    ):
        drawn = running.snapshot
        running.feed(event)
        at_status = (replace(snapshot, front=Front(turned_to="status")) for snapshot in (drawn, running.snapshot))
        assert change_since(*at_status) is change


def test_led3_shows_the_battery(running: Transcript) -> None:
    assert battery_light(running.snapshot) == Light()
    for event, light in (
        (PowerObserved(mains=True, charging=True), GREEN_BLINKING),
        (PowerObserved(charging=False), GREEN),
        (PowerObserved(mains=False), ORANGE),
        (PowerObserved(volts=3.3), RED),
    ):
        running.feed(event)
        assert battery_light(running.snapshot) == light
