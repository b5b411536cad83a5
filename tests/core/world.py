"""The core on a machine in the small: RAUC, disk, panel and people do what they do in the order that chance has it."""

import random
from collections import deque

from mapio_display.core.commands import (
    Command,
    Inspect,
    Install,
    ReadSlots,
    Reboot,
    ReleaseShutdown,
    RemoveBundle,
    Repair,
    WriteJournal,
)
from mapio_display.core.facts.clock import Now, Tick
from mapio_display.core.facts.daemon import Daemon, Started
from mapio_display.core.facts.event import Event, Request
from mapio_display.core.facts.panel import PanelFailed, PanelShown
from mapio_display.core.facts.rauc import RaucFound, RaucLost
from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleInspected,
    BundleRefused,
    CancelRequested,
    InstallBegan,
    JournalFailed,
    JournalWritten,
    RaucUnanswered,
    RebootFailed,
    RebootRequested,
    RepairFailed,
    RestartRequested,
    SlotRepaired,
    UploadCutOff,
    UploadFailed,
    UploadFinished,
    UploadLost,
    UploadOpened,
    UploadProgress,
)
from mapio_display.core.facts.web import WebListening
from mapio_display.core.front.view import announcement, current_view
from mapio_display.core.message import message
from mapio_display.core.record import LastUpdate, Record, Stage
from mapio_display.core.reduce import reduce, wake_at
from mapio_display.core.snapshot import Snapshot
from mapio_display.errors import Refused
from tests.core.machine import KINDS as MACHINES
from tests.core.machine import Bundle, Machine

KINDS = ("good", "good", "hooked", "hooked", "refused", "failing", "broken", "app")
LONGEST = 3000  # events until everything has calmed down


class World:
    """One walk by chance. In some the gateway is restarted by hand, in some the disk fails at times.

    The machines take turns, see ``machine.KINDS``.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.manual = seed % 3 == 0
        self.faults = 0.2 if seed % 4 == 0 else 0.0
        self.machine = Machine(list(MACHINES.values())[seed % len(MACHINES)])
        self.mono = 100.0
        self.chosen = False  # a person has chosen the slot to be started
        self.journal: tuple[Record | None, LastUpdate | None] = (None, None)
        self.bundles: dict[str, Bundle] = {}
        self.start_daemon()

    def start_daemon(self) -> None:
        """Begin with what is on the disk, and with nothing else."""
        self.snapshot = Snapshot(Daemon("0"))
        self.commands: deque[Command] = deque()
        self.inspecting: tuple[str, int] | None = None
        self.sending: tuple[str, int] | None = None
        self.drawing: str | None = None  # the view that a refresh is under way to
        self.announcing: Shutdown | None = None  # what that frame announces
        self.drawn: str | None = None  # the last that was tried
        self.glass: str | None = None  # what it shows; None where the panel is dead
        self.going: Shutdown | None = None
        self.may_restart = self.wished = False
        self.machine.signals.clear()
        record, last = self.journal
        version = self.machine.running.version
        received = self.chance.choice((0, 50, 100)) if record and record.stage is Stage.RECEIVING else 100
        self.feed(
            Started(
                boot_id=str(self.machine.boots),
                os=OsRelease("mapio", version),
                hostname="mapio",
                pin="012345",
                web_enabled=True,
                web_port=80,
                reboot="manual" if self.manual else "auto",
                record=record,
                received=received,
                last_update=last,
            ),
            WebListening(80),
        )
        self.look()

    def feed(self, *events: Event) -> bool:
        """Let the core take events; False where it refuses one."""
        for event in events:
            before = self.snapshot
            try:
                self.snapshot, commands = reduce(before, event, Now(self.mono, 1.8e9 + self.mono))
            except Refused:
                assert isinstance(event, Request)
                return False
            self.may_restart |= isinstance(event, RestartRequested)
            self.wished |= isinstance(event, RebootRequested | RestartRequested)
            self.watch(before, event, commands)
            self.commands.extend(command for command in commands if not isinstance(command, ReleaseShutdown))
        return True

    def watch(self, before: Snapshot, event: Event, commands: tuple[Command, ...]) -> None:
        """Look at what the core has made of an event; for a test that wants to."""

    # What happens

    def walk(self, steps: int) -> None:
        """Do so many things by chance, and then let everything come to rest."""
        for _ in range(steps):
            doings = {
                self.carry_out: 6.0 * bool(self.commands or self.inspecting),
                self.hear: 6.0 * bool(self.machine.signals),
                self.machine.go_on: 4.0 * (self.machine.install is not None),
                self.kill_rauc: 0.05 + 0.1 * (self.machine.install is not None),
                self.look: 1.0 * (not self.machine.has_rauc),
                self.draw: 4.0,
                self.send: 1.0,
                self.wish: 0.3,
                self.pass_time: 0.5,
                self.mark_good: 0.3,
                self.lose_environment: 0.05,
                self.start_by_hand: 0.1,
                self.start_daemon: 0.1,  # it was killed
                self.reboot: 0.05 + (self.going is not None),  # or the power went
                self.go_down: 0.05,
            }
            self.chance.choices(list(doings), list(doings.values()))[0]()
        self.rest()

    def rest(self) -> None:
        """Nothing fails any more, and nobody wishes anything."""
        faults, self.faults = self.faults, 0.0
        self.machine.has_environment = True
        if not self.machine.has_rauc:
            self.look()
        for _ in range(LONGEST):
            if self.machine.signals:
                self.hear()
            elif self.commands or self.inspecting:
                self.carry_out()
            elif self.machine.install is not None:
                self.machine.go_on()
            elif self.going is not None:
                self.reboot()
            elif self.drawing is not None or self.drawn != current_view(self.snapshot):
                self.draw()
            elif self.sending is not None:
                self.send()
            elif wake_at(self.snapshot) is not None:
                self.pass_time()
            else:
                break
        self.faults = faults

    def hear(self) -> None:
        """RAUC's next signal; after the last one its slots are asked for."""
        self.feed(self.machine.signals.popleft())
        if not self.machine.signals and (told := self.machine.told()) is not None:
            self.feed(told)

    def ask(self) -> Event | None:
        """RAUC's answer, which comes after the signals that it sent before."""
        while self.machine.signals:
            self.hear()
        return self.machine.told()

    def look(self) -> None:
        """RAUC is there, or is there again."""
        self.machine.has_rauc = self.machine.has_rauc or self.faults == 0 or self.chance.random() < 0.5
        told = self.machine.told()
        self.feed(*(RaucLost(absent=True),) if told is None else (told, RaucFound(None)))

    def kill_rauc(self) -> None:
        self.machine.stop_rauc(absent=self.chance.random() < 0.5)

    def carry_out(self) -> None:
        """What the actor does next."""
        if self.inspecting is not None:
            self.inspect(*self.inspecting)
            return
        match self.commands.popleft():
            case WriteJournal(record, last):
                written = self.chance.random() >= self.faults
                self.journal = (record, last) if written else self.journal
                if record is not None:
                    self.feed(JournalWritten(record) if written else JournalFailed(record, "No space left on device"))
            case Inspect(upload_id):
                self.inspecting = upload_id, 0
            case Install(upload_id):
                self.install(upload_id)
            case ReadSlots():
                if (told := self.ask()) is not None:
                    self.feed(told)
            case Reboot():
                self.ask_for_reboot()
            case Repair(upload_id, slot):
                if self.chance.random() < 0.8:
                    self.machine.repair(slot)
                    self.feed(SlotRepaired(upload_id))
                else:
                    self.feed(RepairFailed(upload_id, "no such unit"))
            case RemoveBundle():
                pass
            case other:
                raise AssertionError(other)

    def inspect(self, upload_id: str, turn: int) -> None:
        told = self.ask()
        self.inspecting = None
        if told is None:
            self.feed(RaucUnanswered(upload_id, "gone"))
        elif turn < 2:
            self.inspecting = upload_id, turn + 1
            self.feed(told)
        elif self.bundles[upload_id].kind == "refused" and self.chance.random() < 0.5:
            self.feed(BundleRefused(upload_id, "signature verification failed"))
        else:
            self.feed(
                told, BundleInspected(upload_id, self.bundles[upload_id].version if upload_id in self.bundles else None)
            )

    def install(self, upload_id: str) -> None:
        if self.ask() is None:
            self.feed(RaucUnanswered(upload_id, "gone"))
            return
        self.machine.begin(self.bundles[upload_id])
        heard = self.chance.random() < 0.9
        self.feed(InstallBegan(upload_id) if heard else RaucUnanswered(upload_id, "no answer within 120 s"))

    def ask_for_reboot(self) -> None:
        what = self.chance.random()
        if self.going is not None or what < 0.15:
            self.feed(RebootFailed("no"))
        elif what > 0.25:  # else it is taken, and does not come
            self.going = Shutdown.RESTART
            self.feed(ShutdownAnnounced(self.going if what < 0.7 else None))

    def go_down(self) -> None:
        """Somebody restarts the machine, or switches it off."""
        if self.going is None:
            self.going = self.chance.choice(list(Shutdown))
            self.feed(ShutdownAnnounced(self.going if self.chance.random() < 0.7 else None))

    def lose_environment(self) -> None:
        """The boot loader's environment cannot be read for a while, or can again."""
        self.machine.has_environment = not self.machine.has_environment

    def start_by_hand(self) -> None:
        """What starts the slot that was installed last, where RAUC does not; or a person who chooses another."""
        machine = self.machine
        slot = self.chance.choice(list(machine.content))
        if machine.content[slot] is not None and machine.install is None:
            machine.activate(slot)
            self.chosen = True

    def reboot(self) -> None:
        self.machine.boot()
        self.mono, self.chosen = 10.0, False
        self.start_daemon()

    def mark_good(self) -> None:
        self.machine.left[self.machine.booted] = 3

    def draw(self) -> None:
        """The panel begins a refresh, or ends one; sometimes it is dead."""
        if self.drawing is None:
            view = current_view(self.snapshot)
            self.drawing = view if view != self.drawn else None
            self.announcing = announcement(self.snapshot)
            return
        view, self.drawing = self.drawing, None
        dead = self.chance.random() < 0.05
        self.glass = None if dead else view
        self.drawn = view
        self.feed(PanelFailed("BUSY never fell") if dead else PanelShown(view, full=True, announces=self.announcing))

    def pass_time(self) -> None:
        """The next deadline comes; what is under way meanwhile ends long before it."""
        at = wake_at(self.snapshot)
        if at is not None and not (self.commands or self.inspecting or self.machine.signals):
            self.mono = max(self.mono, at)
        self.feed(Tick())

    def send(self) -> None:
        """A browser begins to send a bundle, goes on, or breaks off."""
        what = self.chance.random()
        if self.sending is None:
            upload_id = f"u{self.machine.boots}.{self.mono}.{what}"
            bundle = Bundle(f"2.{upload_id}", self.chance.choice(KINDS), upload_id)
            if self.feed(UploadOpened(upload_id, "a.raucb", 100, resumable=what < 0.4)):
                self.bundles[upload_id], self.sending = bundle, (upload_id, 0)
            return
        upload_id, received = self.sending
        self.sending = None
        if what < 0.7 and received:
            self.feed(UploadFinished(upload_id, 100))
        elif what < 0.8:
            self.sending = upload_id, 50
            self.feed(UploadProgress(upload_id, 50))
        elif what < 0.9:
            record = self.snapshot.update.record
            self.feed(UploadCutOff(upload_id, received) if record and record.resumable else UploadLost(upload_id))
        else:
            self.feed(UploadFailed(upload_id, message("no-space", needed=2, available=1)))

    def wish(self) -> None:
        """Somebody presses something."""
        self.feed(
            self.chance.choice((RebootRequested(), RestartRequested(), AcknowledgeRequested(), CancelRequested()))
        )
