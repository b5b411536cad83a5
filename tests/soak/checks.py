"""What must hold after an update, cut off or not, judged by what lies on the eMMC and not by what the daemon says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mapio_display.virtual.uboot import choose
from tests.soak.facts import Facts

UNBOOTABLE = "2.3"
OTHER = {"A": "B", "B": "A"}


@dataclass(frozen=True, slots=True)
class Story:
    """An update to version ``to``, from status ``before`` to status ``after``.

    ``boots`` are the facts at each power-up since, and ``now`` those at the end. ``journalled`` tells
    whether the journal knew of it, ``paused`` whether the upload waits for its rest, and ``failure`` is the code of one
    that was reported and dismissed. ``activated`` is what RAUC knew before, and ``killed`` what the fault has killed.
    """

    to: str
    before: dict[str, Any]
    after: dict[str, Any]
    boots: tuple[Facts, ...]
    now: Facts
    journalled: bool
    paused: bool = False
    failure: str | None = None
    activated: dict[str, int] = field(default_factory=dict)
    killed: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The slot that ran before."""
        return booted(self.before)

    @property
    def target(self) -> str:
        """The slot that was to be updated."""
        return OTHER[self.source]

    @property
    def last(self) -> dict[str, Any] | None:
        """The verdict, if there is a new one."""
        was, now = self.before["last_update"], self.after["last_update"]
        return now if now and (not was or was["id"] != now["id"]) else None


def booted(status: dict[str, Any]) -> str:
    """The slot that runs, as RAUC tells it."""
    return str(next(slot["bootname"] for slot in status["slots"] if slot["state"] == "booted"))


def bootable(facts: Facts, slot: str) -> bool:
    """Whether a whole system is in a slot that starts."""
    return facts.slots[slot] not in (None, UNBOOTABLE)


def by_the_boards_rule(facts: Facts) -> str:
    """The slot that must run after a power-up that found these facts; empty if nothing boots."""
    if not any(bootable(facts, slot) for slot in facts.slots):
        return ""
    environment = dict(facts.environment)
    while True:
        choice = choose(environment)
        if bootable(facts, choice.slot):
            return choice.slot
        environment |= choice.changes


def true_result(story: Story) -> str | None:
    """What became of the update; None where nobody need know of it."""
    if booted(story.after) == story.target:
        return "succeeded"
    if any(facts.primary == story.target for facts in story.boots):
        return "rolled-back"
    return "interrupted" if story.journalled else None


def reported_result(story: Story) -> str:
    """What the daemon says of the update."""
    return "waits" if story.paused else story.last["result"] if story.last else story.failure or "nothing"


def findings(story: Story) -> Iterator[str]:
    """All that does not hold."""
    yield from _the_disk(story)
    yield from _the_system(story)
    yield from _the_verdict(story)


def _the_disk(story: Story) -> Iterator[str]:
    for facts in (*story.boots, story.now):
        if not facts.copies:
            yield "no copy of U-Boot's environment is sound"
        elif facts.primary and facts.slots[facts.primary] is None:
            yield f"slot {facts.primary} is primary, and holds no whole system"
        if facts.garbled:
            yield "the journal is garbled"
        if facts.slots[story.source] != story.before["os"]["version"]:
            yield f"slot {story.source}, that was running, holds {facts.slots[story.source]}"
    if story.paused:
        if not any(name.endswith(".part") for name in story.now.uploads):
            yield f"an upload waits for its rest, and the store holds {story.now.uploads}"
    elif story.now.uploads:
        yield f"stale files in the store: {story.now.uploads}"
    if (story.now.record is not None) != story.paused:
        yield f"at rest the journal has the record {story.now.record}"


def _the_system(story: Story) -> Iterator[str]:
    slot = booted(story.after)
    if story.boots and slot != by_the_boards_rule(story.boots[-1]):
        yield f"slot {slot} runs, and not the one of the board's rule"
    if story.now.slots[slot] != story.after["os"]["version"]:
        yield f"slot {slot} holds {story.now.slots[slot]}, and {story.after['os']['version']} is reported to run"
    if story.now.primary != slot:
        yield f"slot {slot} runs, and {story.now.primary} would be started next"


def _the_verdict(story: Story) -> Iterator[str]:
    last, truth = story.last, true_result(story)
    told = last["result"] if last else None
    if story.paused:
        if last:
            yield f"an upload waits for its rest, and is said to have {told}"
        return
    allowed = {truth}
    if truth is None:
        allowed.add("interrupted")
    if truth == "rolled-back" and story.now.activated == story.activated:
        # Cut off between U-Boot's environment and RAUC's status file: RAUC does not know that the new slot was tried.
        allowed.add("interrupted")
    if truth == "interrupted" and story.failure:
        allowed.add(None)  # it was reported, and nothing was changed
    if told not in allowed:
        yield f"the verdict is {told}, and the truth {truth}"
    if last and last.get("reason_code") == "interrupted.rauc-stopped" and "rauc" not in story.killed:
        yield "RAUC is said to have stopped, and was not killed"
    if last and last["from_version"] != story.before["os"]["version"]:
        yield f"the verdict tells of an update from {last['from_version']}"
    if last and told in ("succeeded", "rolled-back") and (last["to_version"], last["slot"]) != (story.to, story.target):
        yield f"the verdict tells of {last['to_version']} in slot {last['slot']}"
    kept = story.now.last_update
    if (kept and (kept["id"], kept["result"])) != (last and (last["id"], told)) and last:
        yield f"the verdict is {last}, and the journal keeps {kept}"
