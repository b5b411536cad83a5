"""The immutable snapshot of all that is known. What is not known is ``None``.

Times of day are ISO 8601 in UTC (``2026-11-23T14:05:00Z``); deadlines are seconds of CLOCK_MONOTONIC.
"""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, ClassVar, Literal, TypeVar

from mapio_display.core.facts.buttons import Front
from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.key import Key
from mapio_display.core.facts.network import Network
from mapio_display.core.facts.panel import Panel
from mapio_display.core.facts.picture import Picture
from mapio_display.core.facts.power import Battery, Power
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.release import Release
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.facts.wifi import Wifi
from mapio_display.core.record import LastUpdate
from mapio_display.frozen import Frozen

T = TypeVar("T")

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")  # RFC 1034, 3.5, and the underline that some have


class Snapshot(Frozen):
    """All that is known. Only ``reduce`` makes a new one.

    By what has a field here the core decides; what is only shown is in ``facts``, and read as ``snapshot[KEY]``.

    Without ``last_update_known``, no ``last_update`` does not mean that there was none. ``last_error`` is RAUC's, as of
    when it reported its slots, and ``primary`` the name of the slot that the next start tries first. It is later than
    ``not_before``, by the journal; ``started_mono`` and ``judged_mono`` are when the daemon started and when the last
    verdict was given, by the monotonic clock, while the other cannot be believed. ``clock`` is the local time of day
    (``14:05``) where the panel shows one and the clock can be believed. ``views`` are the views as configured.
    ``battery`` is what the board has. ``buttons`` says whether there are any to turn them with. ``shutdown`` is what
    the machine is going down for, while it does and as far as that is known; ``stopped_at`` the local time since when
    it, or the daemon alone, does.
    """

    PUBLIC: ClassVar = (
        "daemon",
        "boot_id",
        "os",
        "hostname",
        "network",
        "web",
        "hotspot",
        "wifi",
        "rauc",
        "power",
        "data_partition",
        "system",
        "slots",
        "update",
        "last_update",
        "last_update_known",
        "release",
        "panel",
    )
    daemon: Daemon
    boot_id: str | None = None
    os: OsRelease = OsRelease()
    hostname: str | None = None
    network: Network = Network()
    web: Web = Web()
    hotspot: Hotspot = Hotspot()
    wifi: Wifi = Wifi()
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
    release: Release = Release()
    panel: Panel = Panel()
    front: Front = Front()
    power: Power = Power()
    battery: Battery = Battery()
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
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: Key[T]) -> T:
        fact: T = self.facts.get(key.name, key.unknown)
        return fact

    def knowing(self, key: Key[T], fact: T) -> "Snapshot":
        """The same with this fact under ``key``."""
        return replace(self, facts={**self.facts, key.name: fact})

    @property
    def order(self) -> tuple[str, ...]:
        """The views that can be turned to; the panel rests on the first.

        The hotspot has a view while it is up. The last is a bad end of an update, until it is dismissed.
        """
        hotspot = ("hotspot",) if self.hotspot.state is HotspotState.ON else ()
        result = ("result",) if self.bad_end is not None and not self.updating else ()
        return (*hotspot, *self.views, *result)

    @property
    def bad_end(self) -> LastUpdate | None:
        """The last update, if it went wrong and that was not dismissed."""
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
        """Whether this boot has found an update, and RAUC has not reported its slots yet."""
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
