"""A machine in the small, for `world.py`: two slots, the board's boot rule, and a RAUC that tells what it does."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mapio_display.core.events import (
    Event,
    RaucBusySeen,
    RaucCompleted,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    SlotsRead,
)
from mapio_display.core.snapshot import Slot

NAMES = {"A": "rootfs.0", "B": "rootfs.1"}


@dataclass(frozen=True)
class Bundle:
    """What a slot holds, or shall: ``kind`` is good, refused, failing (in mid-write) or broken (does not boot)."""

    version: str
    kind: str = "good"
    id: str = ""


class Machine:
    """The state that outlives the daemon. ``signals`` is what RAUC has sent and nobody has taken yet."""

    def __init__(self) -> None:
        self.content: dict[str, Bundle | None] = {"A": Bundle("1.3.0"), "B": Bundle("1.2.0")}
        self.installed = {"A": 1, "B": 4}
        self.activated = {"A": 1, "B": 4}
        self.order = ["A", "B"]
        self.left = {"A": 3, "B": 3}
        self.booted = "A"
        self.boots = 1
        self.touched: set[str] = set()  # the updates that RAUC began to write,
        self.complete: set[str] = set()  # and those that it has installed to the end
        self.last_error = ""
        self.has_rauc = True
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
        """The slot that an install goes to."""
        return "B" if self.booted == "A" else "A"

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
                self.left, slot = {"A": 3, "B": 3}, "A"
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
        """RAUC's answer to whoever asks for its slots; None where nobody answers."""
        if not self.has_rauc:
            return None
        if self.install is not None:
            return RaucBusySeen()
        slots = (
            Slot(
                NAMES[name],
                name,
                "booted" if name == self.booted else "inactive",
                "good" if name in self.order and self.left[name] else "bad",
                content.version if content else None,
                installed_count=self.installed[name],
                activated_count=self.activated[name],
            )
            for name, content in self.content.items()
        )
        return SlotsRead(tuple(slots), NAMES[self.primary] if self.primary else None, self.last_error)

    def begin(self, bundle: Bundle) -> None:
        """RAUC takes a bundle to install."""
        self.last_error = ""
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
            return self._end("Compatible mismatch")
        yield tell(RaucProgress(40, "Checking bundle done."))
        self.order, self.left[slot], self.content[slot] = [self.booted], 0, None
        self.touched.add(bundle.id)
        yield tell(RaucProgress(46, "Updating slots"))
        if bundle.kind == "failing":
            tell(RaucProgress(99, "Updating slots failed."))
            return self._end("No space left on device")
        yield tell(RaucProgress(70, f"Copying image to {NAMES[slot]}"))
        self.content[slot] = bundle
        self.installed[slot] += 1
        yield tell(RaucProgress(95, f"Copying image to {NAMES[slot]} done."))
        self.order, self.left[slot] = [slot, self.booted], 3
        self.activated[slot] += 1
        self.complete.add(bundle.id)
        yield tell(RaucProgress(99, "Updating slots done."))
        tell(RaucProgress(100, "Installing done."))
        return self._end("")

    def _end(self, error: str) -> None:
        self.install, self.last_error = None, error
        self.signals.append(RaucCompleted(1 if error else 0, error))
