"""Which change of the snapshot is how pressing."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.hotspot import Hotspot
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.picture import Picture
from mapio_display.core.facts.rauc import Rauc
from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.front.refresh import Change
from mapio_display.core.front.view import change_since
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views.sample import AT_REST, UPDATED

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
    "another hotspot's password": (AT_REST, replace(AT_REST, hotspot=Hotspot(password="k7xq4nzt2h")), Change.FACT),
    "the owner's next picture": (AT_REST, replace(AT_REST, picture=Picture(error="none")), Change.STATE),
    "the update's next step": (
        INSTALLING,
        replace(INSTALLING, update=replace(INSTALLING.update, step=Step.JUDGING)),
        Change.FACT,
    ),
    "more percent": (INSTALLING, replace(INSTALLING, update=replace(INSTALLING.update, percent=11)), Change.PROGRESS),
    "a slot's state": (AT_REST, replace(AT_REST, slots=UPDATED.slots), Change.BACKGROUND),
    "a glass from before a restart": (None, AT_REST, Change.FACT),
}


@pytest.mark.parametrize(("drawn", "now", "expected"), CHANGES.values(), ids=CHANGES)
def test_the_change_is(drawn: Snapshot | None, now: Snapshot, expected: Change) -> None:
    assert change_since(drawn, now) is expected
