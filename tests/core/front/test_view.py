"""Which change of the snapshot is how pressing."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.buttons import Front
from mapio_display.core.facts.hotspot import Hotspot
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.picture import Picture
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc
from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.frame import Box
from mapio_display.core.front.refresh import Change, change_between
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.canvas import Canvas
from mapio_display.views.render import render
from mapio_display.views.sample import AT_REST, UPDATED, variants
from mapio_display.words.catalogue import ENGLISH
from tests.views.conftest import change_since


def at(view: str) -> Snapshot:
    """A gateway at rest, turned to a view."""
    return replace(AT_REST, front=Front(turned_to=view))


HOTSPOT = replace(at("hotspot"), hotspot=Hotspot(ssid="MAPIO", password="other"))
ONLINE = replace(at("status"), internet=True)
ON_MAINS = replace(at("status"), power=Power(mains=True, battery_percent=82))
INSTALLING = replace(AT_REST, update=Update(Step.INSTALLING, Phase.INSTALLING, "u1", 10))
CHANGES = {
    "another view": (AT_REST, INSTALLING, Change.STATE),
    "another phase": (
        replace(AT_REST, update=Update(Step.RECEIVING, Phase.RECEIVING, "u1", 10)),
        INSTALLING,
        Change.STATE,
    ),
    "the web server goes off": (AT_REST, replace(AT_REST, web=Web(enabled=False)), Change.STATE),
    "the network goes": (AT_REST, replace(AT_REST, network=Network()), Change.STATE),
    "RAUC goes": (AT_REST, replace(AT_REST, rauc=Rauc(available=False)), Change.STATE),
    "a verdict": (
        AT_REST,
        replace(AT_REST, last_update=LastUpdate("u1", Result.FAILED, None, None, None, None)),
        Change.STATE,
    ),
    "another address": (
        AT_REST,
        replace(AT_REST, network=Network("eth0", (Address("eth0", "192.168.1.7"),))),
        Change.FACT,
    ),
    "another port": (AT_REST, replace(AT_REST, web=Web(listening=True, port=8080)), Change.FACT),
    "another PIN": (AT_REST, replace(AT_REST, pin="000000"), Change.FACT),
    "another hotspot's password": (
        HOTSPOT,
        replace(HOTSPOT, hotspot=Hotspot(ssid="MAPIO", password="k7xq4nzt2h")),
        Change.FACT,
    ),
    "the owner's next picture": (
        at("custom"),
        replace(at("custom"), picture=Picture(error=prose("none"))),
        Change.STATE,
    ),
    "the update's next step": (
        INSTALLING,
        replace(INSTALLING, update=replace(INSTALLING.update, step=Step.JUDGING, message=prose("RAUC stopped"))),
        Change.FACT,
    ),
    "more percent": (INSTALLING, replace(INSTALLING, update=replace(INSTALLING.update, percent=11)), Change.PROGRESS),
    "a slot's state": (AT_REST, replace(AT_REST, slots=UPDATED.slots), Change.BACKGROUND),
    "a slot's state where it is shown": (
        at("status"),
        replace(at("status"), slots=(AT_REST.slots[0], replace(AT_REST.slots[1], boot_status="bad"))),
        Change.FACT,
    ),
    "the Internet goes": (ONLINE, replace(ONLINE, internet=False), Change.FACT),
    "the mains go": (ON_MAINS, replace(ON_MAINS, power=Power(mains=False, battery_percent=82)), Change.FACT),
    "the battery empties": (
        ON_MAINS,
        replace(ON_MAINS, power=Power(True, battery_percent=81)),
        Change.BACKGROUND,
    ),
    "more load": (at("system"), replace(at("system"), system=replace(AT_REST.system, load=2.5)), Change.BACKGROUND),
    "the next minute": (replace(AT_REST, clock="14:05"), replace(AT_REST, clock="14:06"), Change.CLOCK),
    "a glass from before a restart": (None, AT_REST, Change.FACT),
}


@pytest.mark.parametrize(("drawn", "now", "expected"), CHANGES.values(), ids=CHANGES)
def test_the_change_is(drawn: Snapshot | None, now: Snapshot, expected: Change) -> None:
    assert change_since(drawn, now) is expected


def test_what_has_no_urgency_of_its_own_is_shown_at_once() -> None:
    """A view that forgot to say it, and a picture that differs though nothing drawn does."""
    blank, dotted, written = (Canvas("home", (250, 122)) for _ in range(3))
    dotted.fill(Box(0, 0, 1, 1))
    written.text(Box(0, 0, 100, 20), "a new fact")
    for frame in (dotted.frame(), written.frame()):
        assert change_between(blank.frame(), frame) is Change.FACT


def test_only_what_moves_all_the_time_may_be_shown_late() -> None:
    late = {
        name
        for name, (view, snapshot) in variants().items()
        for urgency, _ in render(view, snapshot, words=ENGLISH).items
        if urgency is Change.BACKGROUND
    }
    assert {variants()[name][0] for name in late} == {"system", "status", "home"}


def test_on_the_home_view_only_an_offer_may_be_shown_late_with_what_makes_way_for_it() -> None:
    late = {
        item[0]
        for view, snapshot in variants().values()
        for urgency, item in render(view, snapshot, words=ENGLISH).items
        if view == "home" and urgency is Change.BACKGROUND and isinstance(item, tuple)
    }
    assert late == {"No update so far", "Updated from 2.1", "2.2 is available"}
