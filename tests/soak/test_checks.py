"""The fault test would notice: each check finds what it is there for, and is silent about an update as it should be."""

from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from mapio_display.core.facts.system import OsRelease
from mapio_display.core.front.names import View
from mapio_display.core.record import LastUpdate, Result
from mapio_display.views.render import render
from mapio_display.views.sample import sample
from mapio_display.words.catalogue import ENGLISH
from tests.soak import checks, glass
from tests.soak.checks import Story
from tests.soak.facts import Facts

GOOD = {"BOOT_ORDER": "B A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}
RECORD = {"id": "new", "stage": "installed", "resumable": False}
VERDICT = {"id": "new", "result": "succeeded", "from_version": "2.1", "to_version": "2.2", "slot": "B"}
FACTS = Facts(GOOD, 2, {"A": "2.1", "B": "2.2"}, RECORD, None, (), {"A": 0, "B": 1})
STAYED = replace(FACTS, environment=GOOD | {"BOOT_ORDER": "A B"}, slots={"A": "2.1", "B": None})


def status(slot: str, version: str, last: dict[str, Any] | None) -> dict[str, Any]:
    slots = [{"bootname": name, "state": "booted" if name == slot else "inactive"} for name in ("A", "B")]
    return {"slots": slots, "os": {"version": version}, "last_update": last}


SUCCEEDED = Story(
    to="2.2",
    before=status("A", "2.1", None),
    after=status("B", "2.2", VERDICT),
    boots=(FACTS,),
    now=replace(FACTS, record=None, last_update=VERDICT),
    journalled=True,
    activated={"A": 0, "B": 0},
)
CUT_VERDICT = VERDICT | {"result": "interrupted"}
STOPPED = CUT_VERDICT | {"reason_code": "interrupted.rauc-stopped"}
CUT = replace(
    SUCCEEDED,
    after=status("A", "2.1", CUT_VERDICT),
    boots=(STAYED,),
    now=replace(STAYED, record=None, last_update=CUT_VERDICT),
)


@pytest.mark.parametrize("story", [SUCCEEDED, CUT], ids=["succeeded", "interrupted"])
def test_of_an_update_as_it_should_be_nothing_is_reported(story: Story) -> None:
    assert list(checks.findings(story)) == []


@pytest.mark.parametrize(
    ("story", "found"),
    [
        (replace(CUT, after=status("A", "2.1", VERDICT)), "the verdict is succeeded, and the truth interrupted"),
        (replace(CUT, after=status("A", "2.1", None)), "the verdict is None, and the truth interrupted"),
        (replace(SUCCEEDED, after=status("B", "2.2", CUT_VERDICT)), "the verdict is interrupted, and the truth succ"),
        (replace(CUT, boots=(FACTS, STAYED)), "the verdict is interrupted, and the truth rolled-back"),
        (replace(SUCCEEDED, now=replace(SUCCEEDED.now, uploads=("new.raucb",))), "stale files"),
        (replace(SUCCEEDED, now=replace(SUCCEEDED.now, record=RECORD)), "at rest the journal has the record"),
        (replace(SUCCEEDED, now=replace(SUCCEEDED.now, last_update=None)), "and the journal keeps None"),
        (replace(CUT, boots=(replace(STAYED, copies=0),)), "no copy of U-Boot's environment is sound"),
        (replace(CUT, boots=(replace(STAYED, environment=GOOD),)), "slot B is primary, and holds no whole system"),
        (replace(CUT, boots=(replace(STAYED, slots={"A": None, "B": None}),)), "slot A, that was running, holds None"),
        (replace(SUCCEEDED, after=status("B", "2.1", VERDICT)), "slot B holds 2.2, and 2.1 is reported to run"),
        (replace(SUCCEEDED, boots=(replace(FACTS, environment=STAYED.environment),)), "not the one of the board's"),
        (replace(SUCCEEDED, now=replace(SUCCEEDED.now, environment=STAYED.environment)), "A would be started next"),
        (replace(CUT, boots=(replace(STAYED, garbled=True),)), "the journal is garbled"),
        (replace(CUT, after=status("A", "2.1", STOPPED)), "RAUC is said to have stopped"),
        (replace(CUT, paused=True), "an upload waits for its rest, and the store holds ()"),
    ],
)
def test_what_is_wrong_is_found(story: Story, found: str) -> None:
    assert any(found in finding for finding in checks.findings(story)), list(checks.findings(story))


def picture(view: str, version: str) -> Image.Image:
    last = LastUpdate("new", Result.SUCCEEDED, "2.1", "2.2", "B", None)
    frame = render(view, replace(sample(view), os=OsRelease(version=version), last_update=last), words=ENGLISH)
    return Image.frombytes("1", (frame.width, frame.height), frame.bits)


@pytest.mark.parametrize("view", ["home", View.STARTING, View.RESULT, View.STOPPED])
def test_a_version_that_does_not_run_is_read_on_the_glass(view: str) -> None:
    told = picture(view, "2.2")
    others = {"2.0", "2.1", "2.2"}
    assert list(glass.lies(told, running="2.2", others=others, updated=True)) == []
    assert list(glass.lies(told, running="2.1", others=others, updated=True))


def test_an_update_that_was_none_is_read_on_the_glass() -> None:
    told = picture(View.RESULT, "2.1")
    assert list(glass.lies(told, running="2.1", others=set(), updated=False)) == [
        "the glass says Updated, and it is not"
    ]
