"""A machine in the small, for `world.py`: its slots, the board's boot rule, and a RAUC that tells what it does."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mapio_display.core.facts.event import Event
from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    Slot,
    SlotsRead,
)
from mapio_display.core.failures import Why


@dataclass(frozen=True)
class Bundle:
    """What a slot holds, or shall.

    ``kind`` is good, refused, failing (in mid-write), broken (does not boot), hooked (its slot is mounted before it is
    written) or app (it holds no system).
    """

    version: str
    kind: str = "good"
    id: str = ""


EMPTY = Bundle("", "broken")  # a file system without anything in it


@dataclass(frozen=True)
class Kind:
    """What sets a machine apart: slots by boot name with their classes, and what RAUC is configured to do or know."""

    slots: tuple[tuple[str, str], ...] = (("A", "rootfs"), ("B", "rootfs"))
    activates: bool = True
    knows_booted: bool = True
    counts_failures: bool = True  # RAUC 1.11 and newer do


AB = Kind()
KINDS = {
    "ab": AB,
    "1.8": replace(AB, counts_failures=False),
    "rescue": replace(AB, slots=(("A", "rootfs"), ("B", "rootfs"), ("R", "rescue"))),
    "abc": replace(AB, slots=(("A", "rootfs"), ("B", "rootfs"), ("C", "rootfs"))),
    "not-activating": replace(AB, activates=False),
    "external": replace(AB, knows_booted=False),
}


class Machine:
    """The state that outlives the daemon. ``signals`` is what RAUC has sent and nobody has taken yet."""

    def __init__(self, kind: Kind = AB) -> None:
        self.kind = kind
        self.classes = dict(kind.slots)
        names = [name for name, _ in kind.slots]
        self.content: dict[str, Bundle | None] = {name: Bundle("1.3.0" if name == "A" else "1.2.0") for name in names}
        self.status: dict[str, str | None] = dict.fromkeys(names)
        self.installed = dict.fromkeys((*names, "app"), 4)
        self.activated = dict.fromkeys(names, 4)
        self.order = names
        self.left = dict.fromkeys(names, 3)
        self.booted = "A"
        self.boots = 1
        self.touched: set[str] = set()  # the updates that RAUC began to write,
        self.complete: set[str] = set()  # and those that it has installed to the end
        self.last_error = ""
        self.why = Why.UNKNOWN
        self.has_rauc = True
        self.has_environment = True  # the boot loader's; without it RAUC knows nothing of what is started
        self.install: Iterator[None] | None = None
        self.signals: deque[Event] = deque()

    @property
    def running(self) -> Bundle:
        """What was booted."""
        content = self.content[self.booted]
        assert content is not None
        return content

    @property
    def other(self) -> str:
        """The slot that an install goes to: of three not the one that would be guessed."""
        return [name for name, kind in self.classes.items() if kind == "rootfs" and name != self.booted][-1]

    @property
    def primary(self) -> str | None:
        """The slot that the next boot tries first."""
        return next((name for name in self.order if self.left[name]), None)

    def boot(self) -> None:
        """Start the first slot that comes up, each try of which costs an attempt."""
        self.stop_rauc()
        self.signals.clear()
        while True:
            if (slot := self.primary) is None:
                self.left, slot = dict.fromkeys(self.left, 3), "A"
                self.order = [slot, *(name for name in self.left if name != slot)]
            self.left[slot] -= 1
            content = self.content[slot]
            if content is not None and content.kind != "broken":
                break
        self.booted, self.has_rauc = slot, True
        self.boots += 1

    def stop_rauc(self, *, absent: bool = False) -> None:
        """RAUC dies, and remembers nothing."""
        self.has_rauc, self.install, self.last_error = False, None, ""
        self.signals.append(RaucLost(absent))

    def told(self) -> Event | None:
        """RAUC's answer when asked for its slots; None where it does not answer."""
        if not self.has_rauc:
            return None
        if self.install is not None:
            return RaucBusyObserved()
        slots = (
            *(self._slot(name) for name in self.content),
            Slot("appfs.0", installed_count=self.installed["app"], status="ok"),
        )
        primary = self.name(self.primary) if self.primary and self.has_environment else None
        return SlotsRead(slots, primary, self.last_error, self.why)

    def name(self, bootname: str) -> str:
        """RAUC's name of a slot."""
        return f"{self.classes[bootname]}.{bootname}"

    def is_bad(self, bootname: str) -> bool:
        """Whether the boot loader has given a slot up."""
        return bootname not in self.order or not self.left[bootname]

    def _slot(self, bootname: str) -> Slot:
        content, status = self.content[bootname], self.status[bootname]
        booted = self.kind.knows_booted and bootname == self.booted
        return Slot(
            self.name(bootname),
            bootname,
            "booted" if booted else "inactive",
            "bad" if self.is_bad(bootname) or not self.has_environment else "good",
            content.version if content and status in (None, "ok") else None,
            installed_count=self.installed[bootname],
            activated_count=self.activated[bootname],
            slot_class=self.classes[bootname],
            status=status,
            filesystem="ext4",
        )

    def activate(self, bootname: str) -> None:
        """Make a slot the first to be started."""
        self.order = [bootname, *(name for name in self.order if name != bootname)]
        self.left[bootname] = 3

    def repair(self, slot: str) -> None:
        """What the repair does, where it may."""
        bootname = slot.partition(".")[2]
        assert self.content[bootname] is None, "it can be mounted"
        assert self.booted != bootname, "it runs"
        assert self.primary != bootname, "it is to be started"
        self.content[bootname] = EMPTY

    def begin(self, bundle: Bundle) -> None:
        """RAUC takes a bundle to install."""
        self.last_error, self.why = "", Why.UNKNOWN
        self.install = self._install(bundle)

    def go_on(self) -> None:
        """One step of the install."""
        assert self.install is not None
        next(self.install, None)

    def _install(self, bundle: Bundle) -> Iterator[None]:
        tell, slot = self.signals.append, self.other
        tell(RaucInstalling())
        yield tell(RaucProgress(0, "Installing"))
        if bundle.kind == "refused":
            return self._end("Compatible mismatch", Why.WRONG_DEVICE)
        yield tell(RaucProgress(40, "Checking bundle done."))
        if bundle.kind == "app":
            self.installed["app"] += 1
            self.complete.add(bundle.id)
            tell(RaucProgress(100, "Installing done."))
            return self._end("")
        if not self.has_environment:
            return self._end("Failed marking slot non-bootable", Why.BOOT_LOADER)
        self.order = [name for name in self.order if name != slot]
        self.left[slot] = 0
        self.touched.add(bundle.id)
        yield tell(RaucProgress(46, "Updating slots", writing=True))
        if bundle.kind == "hooked" and self.content[slot] is None:
            return self._fail(slot, "failed to mount slot", Why.CANNOT_MOUNT)
        self.content[slot], self.status[slot] = None, "pending"
        yield tell(RaucProgress(50, f"Copying image to {slot}", writing=True))
        if bundle.kind == "failing":
            return self._fail(slot, "No space left on device")
        yield tell(RaucProgress(70, f"Copying image to {slot}", writing=True))
        self.content[slot], self.status[slot] = bundle, "ok"
        self.installed[slot] += 1
        yield tell(RaucProgress(95, f"Copying image to {slot} done.", writing=True))
        if self.kind.activates:
            self.activate(slot)
            self.activated[slot] += 1
        self.complete.add(bundle.id)
        yield tell(RaucProgress(99, "Updating slots done.", writing=True))
        tell(RaucProgress(100, "Installing done."))
        return self._end("")

    def _fail(self, slot: str, error: str, why: Why = Why.UNKNOWN) -> None:
        self.signals.append(RaucProgress(99, "Updating slots failed.", writing=True))
        if self.kind.counts_failures:
            self.installed[slot] += 1
            self.status[slot] = "failed"
        self._end(error, why)

    def _end(self, error: str, why: Why = Why.UNKNOWN) -> None:
        self.install, self.last_error, self.why = None, error, why
        self.signals.append(RaucCompleted(1 if error else 0, error, why))
