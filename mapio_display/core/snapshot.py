"""The immutable snapshot of all that is known. What is not known is ``None``.

Times of day are ISO 8601 in UTC (``2026-11-23T14:05:00Z``); deadlines are seconds of CLOCK_MONOTONIC.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from mapio_display.core.failures import Failure
from mapio_display.core.record import LastUpdate, Record

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")  # RFC 1034, 3.5, and the underline that some have
BEFORE_THIS = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # was no such program; a clock that says so is not set


@dataclass(frozen=True, slots=True)
class Now:
    """The two clocks at one moment: ``mono`` in seconds of CLOCK_MONOTONIC, ``wall`` in seconds since 1970.

    ``right`` says whether the second can be believed: without a battery a clock starts at some time of the past.
    """

    mono: float
    wall: float
    right: bool = True

    @property
    def iso(self) -> str | None:
        """The time of day in UTC, to the second; None while the clock cannot be believed."""
        if not self.right or self.wall < BEFORE_THIS:
            return None
        return datetime.fromtimestamp(self.wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def at(self, mono: float) -> str | None:
        """The time of day in UTC at that second of CLOCK_MONOTONIC."""
        return Now(mono, self.wall - (self.mono - mono), self.right).iso


class Lifecycle(StrEnum):
    """Where the daemon itself stands. While it is waiting for its data, whether an update is under way is not known."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


class Shutdown(StrEnum):
    """What the machine is going down for."""

    RESTART = "restart"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon itself. ``ready`` is latched: once true it stays true until the daemon ends.

    ``error`` is why it cannot run at all.
    """

    version: str
    started_at: str | None = None
    ready: bool = False
    lifecycle: Lifecycle = Lifecycle.WAITING
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OsRelease:
    """What the booted root file system says of itself in os-release."""

    name: str | None = None
    version: str | None = None
    pretty: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """One IP address of an interface, without its prefix length.

    ``house`` says whether the house's network is at that interface, not a tunnel.
    """

    interface: str
    address: str
    house: bool = True


@dataclass(frozen=True, slots=True)
class Network:
    """Addresses (without loopback and link-local IPv6) and the interface of the default route."""

    default_interface: str | None = None
    addresses: tuple[Address, ...] = ()

    @property
    def primary(self) -> Address | None:
        """The address to show people, None where nobody could reach it.

        The house's comes before a tunnel's, which takes another interface that leads out; a routed one before a
        link-local one; then the default route's interface, IPv4, and the order of names.
        """
        carried = self.default_interface is not None

        def rank(entry: Address) -> tuple[bool, bool, bool, bool, str]:
            aside = entry.interface != self.default_interface
            return not entry.house, _is_link_local(entry.address), aside, ":" in entry.address, entry.interface

        reachable = (
            entry for entry in self.addresses if entry.house or (carried and entry.interface != self.default_interface)
        )
        return min(reachable, key=rank, default=None)


def _is_link_local(address: str) -> bool:
    """Whether an IPv4 address is one that its host took without a DHCP server (RFC 3927)."""
    return address.startswith("169.254.")


@dataclass(frozen=True, slots=True)
class Web:
    """The setup web server: ``enabled`` is the owner's wish, ``listening`` whether the port is open.

    ``host`` is the one address it is bound to, None where it listens on all of them. Wrong PINs from the address
    ``wrong_pins_from`` have closed sign-in; that is shown until ``wrong_pins_until``, or until the owner opens it.
    """

    enabled: bool = True
    listening: bool = False
    host: str | None = None
    port: int = 80
    error: str | None = None
    wrong_pins_from: str | None = None
    wrong_pins_until: float | None = None


class HotspotState(StrEnum):
    """Where the gateway's own access point stands; ``starting`` lasts until it has its address."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class HotspotRules:
    """The access point's interface, its address there, and after how many seconds without a network it starts.

    Where that interface is made with the access point it does not exist before.
    """

    interface: str = ""
    address: str = ""
    after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Hotspot:
    """The gateway's own access point, for where there is no network; ``state`` is None where it has none.

    ``error`` is why it did not come up the last time. ``deadline`` ends a wait: for a network, or for its address.
    """

    state: HotspotState | None = None
    rules: HotspotRules = HotspotRules()
    ssid: str | None = None
    password: str | None = field(default=None, repr=False)
    error: str | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Rauc:
    """``available`` is None until it is known whether RAUC answers. ``version`` where RAUC tells it.

    ``fails`` says that it is there and does not start, as with a mistake in its configuration.
    """

    available: bool | None = None
    version: str | None = None
    fails: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """The machine's load.

    ``load`` is the average of a minute in running tasks, sizes are in bytes, ``data`` is the data partition,
    ``data_writable`` whether it takes files, ``temperature`` the processor's in degrees Celsius, ``uptime`` in seconds.
    """

    load: float | None = None
    cores: int | None = None
    memory_total: int | None = None
    memory_available: int | None = None
    data_total: int | None = None
    data_free: int | None = None
    temperature: int | None = None
    uptime: int | None = None
    data_writable: bool | None = None


@dataclass(frozen=True, slots=True)
class Power:
    """Whether there are mains, whether the battery is being charged, and how full it is, in percent and in volts."""

    mains: bool | None = None
    charging: bool | None = None
    battery_percent: int | None = None
    battery_volts: float | None = None


class DataPartition(StrEnum):
    """Whether the data partition is there."""

    AWAITED = "awaited"
    THERE = "there"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Picture:
    """The owner's own picture, fitted to the panel: ``bits`` as in a ``Frame``; or why there is none."""

    width: int = 0
    height: int = 0
    bits: bytes = b""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot as RAUC's GetSlotStatus tells it.

    ``installed_count`` counts the installations into it, ``activated_count`` how often it was then made primary.
    ``status`` is "ok" where the last one was written to its end, and None where RAUC knows of none; one that was not
    holds no version. ``filesystem`` is RAUC's type of it, and ``mounted`` whether RAUC sees it mounted somewhere.
    """

    name: str
    bootname: str | None = None
    state: str | None = None
    boot_status: str | None = None
    version: str | None = None
    installed_at: str | None = None
    installed_count: int = 0
    activated_count: int = 0
    slot_class: str | None = None
    status: str | None = None
    filesystem: str | None = None
    device: str | None = None
    mounted: bool = False

    @property
    def incomplete(self) -> bool:
        """Whether its last installation was not written to its end."""
        return self.status not in (None, "ok")


class Step(StrEnum):
    """Every state of the update's state machine (see ``update/table.py``)."""

    IDLE = "idle"
    RECEIVING = "receiving"
    PAUSED = "paused"  # a resumable transfer without a sender: to others as good as idle
    INSPECTING = "inspecting"
    PREPARING = "preparing"  # the journal is being written before the install may begin
    INSTALLING = "installing"
    REPAIRING = "repairing"  # RAUC cannot mount the slot: an empty file system is written into it, then once more
    FINISHING = "finishing"  # RAUC is done; the journal is being written, and RAUC asked what is started next
    INSTALLED = "installed"
    ANNOUNCING = "announcing"  # the panel is being given its last frame before the reboot is asked for
    REBOOTING = "rebooting"
    JUDGING = "judging"  # a journal was found, or RAUC went away: RAUC's slot status will decide
    FOREIGN = "foreign"  # RAUC installs for somebody else, whose reboot it will be
    FAILED = "failed"


class Phase(StrEnum):
    """The update's phase as others see it."""

    IDLE = "idle"
    RECEIVING = "receiving"
    INSPECTING = "inspecting"
    INSTALLING = "installing"
    INSTALLED = "installed"
    REBOOTING = "rebooting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle of the update under way; sizes in bytes. ``size`` is None while the sender has not told it."""

    filename: str
    size: int | None = None
    received: int = 0
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """The update under way. ``percent`` is of the phase.

    ``cut_off`` says that a resumable transfer has lost its sender, or hears nothing of it; ``begun`` that RAUC has
    taken the call to install, ``accepted`` that it has found the bundle good and begun to write the slot, ``stalled``
    that it has not said anything for minutes, ``repaired`` that a slot has been emptied for it,
    and ``asked`` how often RAUC was asked for its slots again. ``record`` is what the
    journal holds. ``deadline`` ends a wait: for the sender, for RAUC's next word, for the panel, for the machine's
    going down; and ``kept_until`` that for the rest of a resumable bundle. Both are of the monotonic clock. ``waits``
    is the paused transfer that goes on waiting while somebody else installs; it, or the update without its verdict,
    also where a restart was asked for and did not come.
    """

    step: Step = Step.IDLE
    phase: Phase = Phase.IDLE
    id: str | None = None
    percent: int | None = None
    message: str | None = None
    bundle: Bundle | None = None
    error: Failure | None = None
    cut_off: bool = False
    begun: bool = False
    accepted: bool = False
    stalled: bool = False
    repaired: bool = False
    asked: int = 0
    record: Record | None = None
    deadline: float | None = None
    kept_until: float | None = None
    waits: "Update | None" = None


class PanelState(StrEnum):
    """Whether the panel answers."""

    OK = "ok"
    NOT_RESPONDING = "not-responding"


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows; the state is None until the first frame was tried."""

    state: PanelState | None = None
    view: str | None = None
    full_refreshes: int = 0
    partial_refreshes: int = 0
    last_refresh_at: str | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """What the buttons have made of the panel.

    ``turned_to`` is the view somebody turned to, until ``home_at``; None where the panel shows what matters most.
    MID is down since ``held_since``; ``countdown`` is the seconds that are left to let it go.
    """

    turned_to: str | None = None
    home_at: float | None = None
    held_since: float | None = None
    countdown: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known. Only ``reduce`` makes a new one.

    Without ``last_update_known``, no ``last_update`` does not mean that there was none. ``last_error`` is RAUC's, as of
    when it told its slots, and ``primary`` the name of the slot that the next start tries first. It is later than
    ``not_before``, by the journal; ``started_mono`` and ``judged_mono`` are when the daemon started and when the last
    verdict was given, by the monotonic clock, while the other cannot be believed. ``clock`` is the local time of day
    (``14:05``) where the panel shows one and the clock can be believed. ``views`` are the views as configured.
    ``buttons`` says whether there are any to turn them with. ``shutdown`` is what the machine is going down for, while
    it does and as far as that is known; ``stopped_at`` the local time since when it, or the daemon alone, does.
    """

    daemon: Daemon
    boot_id: str | None = None
    os: OsRelease = OsRelease()
    hostname: str | None = None
    network: Network = Network()
    web: Web = Web()
    hotspot: Hotspot = Hotspot()
    rauc: Rauc = Rauc()
    slots: tuple[Slot, ...] = ()
    primary: str | None = None
    last_error: str = ""
    not_before: str | None = None
    started_mono: float | None = None
    judged_mono: float | None = None
    update: Update = Update()
    last_update: LastUpdate | None = None
    last_update_known: bool = True
    result_until: float | None = None
    panel: Panel = Panel()
    front: Front = Front()
    power: Power = Power()
    data_partition: DataPartition | None = None
    system: System = System()
    internet: bool | None = None
    clock: str | None = None
    picture: Picture | None = None
    reboot: Literal["auto", "manual"] = "auto"
    views: tuple[str, ...] = ("home",)
    buttons: bool = False
    shutdown: Shutdown | None = None
    stopped_at: str | None = None
    pin: str | None = field(default=None, repr=False)

    @property
    def order(self) -> tuple[str, ...]:
        """The views that can be turned to; the panel rests on the first.

        While the hotspot is up, that tells of it. The last is a bad end of an update, until it is put away.
        """
        hotspot = ("hotspot",) if self.hotspot.state is HotspotState.ON else ()
        result = ("result",) if self.bad_end is not None and not self.updating else ()
        return (*hotspot, *self.views, *result)

    @property
    def bad_end(self) -> LastUpdate | None:
        """The last update, if it went wrong and nobody has put that away."""
        last = self.last_update
        return None if last is None or last.acknowledged or not last.result.is_bad else last

    @property
    def updating(self) -> bool:
        """Whether an update is under way, so that nothing it needs may be switched off.

        One that waits for its verdict from a RAUC that is missing needs nothing.
        """
        if self.judging and self.rauc.available is False:
            return False
        return self.update.phase not in (Phase.IDLE, Phase.FAILED)

    @property
    def judging(self) -> bool:
        """Whether this boot has found an update, and RAUC has yet to tell what became of it."""
        return self.update.step is Step.JUDGING and self.update.phase is Phase.REBOOTING

    @property
    def booted(self) -> Slot | None:
        """The slot the running system was booted from."""
        return next((slot for slot in self.slots if slot.state == "booted"), None)

    @property
    def target(self) -> Slot | None:
        """The slot the next install is expected to go to, which RAUC decides: the other one of the booted class."""
        booted = self.booted
        others = [slot for slot in self.slots if slot.bootname and slot.state != "booted"]
        return min(others, key=lambda slot: booted is not None and slot.slot_class != booted.slot_class, default=None)

    @property
    def host(self) -> str | None:
        """How to name the gateway in an address: its IPv4 address, or ``NAME.local`` where it has IPv6 only."""
        primary = self.network.primary
        address = self.web.host or (primary.address if primary else None)
        if address is None or ":" not in address:
            return address
        return self.local_name or f"[{address}]"

    @property
    def local_name(self) -> str | None:
        """The name by mDNS: the host name's first label, as systemd-resolved and Avahi have it.

        None where that is no name in an address, and for "localhost", which is every host's.
        """
        label = (self.hostname or "").partition(".")[0]
        return f"{label}.local" if _LABEL.fullmatch(label) and label.lower() != "localhost" else None

    @property
    def url(self) -> str | None:
        """The web server's address, while it is listening and the gateway has one."""
        if not (self.web.enabled and self.web.listening) or self.host is None:
            return None
        return self._url_of(self.host)

    @property
    def local_url(self) -> str | None:
        """The web server's address by mDNS, which stays when the router gives another; None where it has none."""
        return self._url_of(self.local_name) if self.local_name and self.web.host is None else None

    def _url_of(self, host: str) -> str:
        return f"http://{host}/" if self.web.port == 80 else f"http://{host}:{self.web.port}/"
