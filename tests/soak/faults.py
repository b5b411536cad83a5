"""What goes wrong in an update, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

POWER, DAEMON, RAUC, BOTH = "power", "daemon", "rauc", "both"
KINDS: Mapping[str, float] = {POWER: 0.55, DAEMON: 0.15, RAUC: 0.15, BOTH: 0.15}
KILLED = {POWER: ("daemon", "rauc"), DAEMON: ("daemon",), RAUC: ("rauc",), BOTH: ("daemon", "rauc")}
BUNDLES: Mapping[str, float] = {"good": 0.85, "broken": 0.15}


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of an update: ``most`` writes and flushes of the disk from the first write on that contains ``sign``.

    ``sign`` may name the slot that is updated as {target} and the running one as {source}.
    """

    name: str
    sign: str
    most: int

    def needle(self, source: str, target: str) -> bytes:
        """What is looked for in the writes."""
        return self.sign.replace("{target}", target).replace("{source}", source).encode()


# How many they are was counted on the disk: a journal takes 9, a copy of U-Boot's environment 5, the slot 96.
STEPS = (
    Step("journal says receiving", '"stage": "receiving"', 9),
    Step("bundle is received", '"stage": "receiving"', 38),
    Step("journal says inspecting", '"stage": "inspecting"', 9),
    Step("journal says installing", '"stage": "installing"', 9),
    Step("target is marked bad", "BOOT_ORDER={source}\0", 10),
    Step("slot is written", "BOOT_{target}_LEFT=0", 101),
    Step("RAUC notes the slot", "installed.timestamp=", 10),
    Step("target is made primary", "BOOT_ORDER={target} {source}", 10),
    Step("journal says installed", '"stage": "installed"', 9),
    Step("restart", '"stage": "installed"', 60),
    Step("boot loader counts", "BOOT_{target}_LEFT=2", 5),
    Step("journal has the verdict", '"record": null', 9),
)
MOMENT = "any moment"
LONGEST_S = 2.0  # of an update from the first byte to the verdict


@dataclass(frozen=True, slots=True)
class Fault:
    """``kind`` happens at the ``count``-th write or flush of a step, or ``after`` so many seconds."""

    kind: str
    step: Step | None
    count: int
    after: float
    bundle: str
    pieces: bool
    download: bool

    def __str__(self) -> str:
        where = f"{self.step.name}, {self.count}" if self.step else f"{MOMENT}, {self.after:.3f} s"
        way = "download" if self.download else "pieces" if self.pieces else "form"
        return f"{self.kind} at: {where} ({way}, {self.bundle})"

    @property
    def place(self) -> str:
        """The step's name."""
        return self.step.name if self.step else MOMENT


def draw(chance: Random) -> Fault:
    """Draw a fault."""
    step = chance.choice((*STEPS, None))
    bundle = chance.choices(list(BUNDLES), list(BUNDLES.values()))[0]
    return Fault(
        kind=chance.choices(list(KINDS), list(KINDS.values()))[0],
        step=step,
        count=chance.randint(1, step.most) if step else 0,
        after=chance.uniform(0, LONGEST_S),
        bundle=bundle,
        pieces=chance.random() < 0.5,
        download=chance.random() < 0.33 and bundle == "good",  # no other one is announced
    )
