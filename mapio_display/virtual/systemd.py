"""A stand-in for systemd on the bus: units by name, started and stopped in an instant, and oneshot ones that run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dbus_next.message import Message
from dbus_next.signature import Variant

from mapio_display.host.systemd import JOB, MANAGER, NAME, NO_SUCH_UNIT, PATH, PROPERTIES, SERVICE, UNIT
from mapio_display.virtual.bus import CallRefused, Service

Reply = tuple[str, list[Any]]
Run = Callable[[str], Awaitable[int]]
"""Does what a oneshot template unit does, for an instance, and gives its exit status."""
SUBSCRIBED = "org.freedesktop.systemd1.AlreadySubscribed"
UNKNOWN = "org.freedesktop.DBus.Error.UnknownObject"


class VirtualSystemd(Service):
    """``units`` are the states by name; ``asked`` is what was asked of them, in its order.

    ``enabled`` are the units that a boot starts. ``switched`` is given the name of each unit that starts or stops, and
    whether it runs. A unit that is stopped takes one look to end; ``lasting`` ones do not end at all. ``templates`` are
    oneshot units by what comes before the ``@``.
    """

    def __init__(
        self,
        address: str,
        units: Mapping[str, str],
        switched: Callable[[str, bool], None] = lambda _unit, _runs: None,
        *,
        templates: Mapping[str, Run] | None = None,
    ) -> None:
        super().__init__(address, NAME, PATH)
        self.units = dict(units)
        self._delivered = dict(units)
        self.enabled: set[str] = set()
        self._switched = switched
        self._templates = templates or {}
        self._oneshots: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._jobs: list[str] = []
        self._results: dict[str, str] = {}
        self.asked: list[str] = []
        self.lasting: set[str] = set()
        self._paths: list[str] = []
        self._path_asked = self._asker = ""
        self._subscribers: set[str] = set()  # clients that have left still count
        self.offer(MANAGER, {"LoadUnit": self.loaded, "GetUnit": self._get_unit})
        for member in ("StartUnit", "RestartUnit", "StopUnit"):
            self.offer(MANAGER, {member: self._job(member)})
        self.offer(MANAGER, {"Subscribe": self._subscribe})
        self.offer(MANAGER, {"GetUnitFileState": self._file_state})
        self.offer(MANAGER, {"EnableUnitFiles": self._enable})
        self.offer(MANAGER, {"DisableUnitFiles": self._disable})
        self.offer(PROPERTIES, {"Get": self._get})

    async def run(self) -> None:
        """Run the oneshot units that are started, one after another, without end."""
        while True:
            job, unit = await self._oneshots.get()
            template, _, instance = unit.removesuffix(".service").partition("@")
            self._results[unit] = "exit-code" if await self._templates[template](instance) else "success"
            self._jobs.remove(job)

    def change(self, unit: str, state: str) -> None:
        """Put a unit into another state, of its own accord."""
        self.units[unit] = state
        if self._subscribers:
            changed = {"ActiveState": Variant("s", state)}
            self.signal(PROPERTIES, "PropertiesChanged", "sa{sv}as", UNIT, changed, [], path=self._path_of(unit))

    def reload(self, units: Mapping[str, str]) -> None:
        """Read the files of units anew, and find these."""
        for begins in (True, False):
            if not begins:
                self.units = dict(units)
            if self._subscribers:
                self.signal(MANAGER, "Reloading", "b", begins)

    def loaded(self, unit: str) -> Reply:
        """The answer to ``LoadUnit``: a unit's object, whether there is a file of the unit or not."""
        return "o", [self._path_of(unit)]

    def booted(self) -> None:
        """Put all units back to what a boot makes of them; those that are enabled run."""
        self.units = {**self._delivered, **dict.fromkeys(self.enabled, "active")}

    def _enable(self, units: list[str], _runtime: bool, _force: bool) -> Reply:
        for unit in units:
            self._known(unit)
        self.enabled |= set(units)
        return "ba(sss)", [True, []]

    def _disable(self, units: list[str], _runtime: bool) -> Reply:
        self.enabled -= set(units)
        return "a(sss)", [[]]

    def _file_state(self, unit: str) -> Reply:
        self._known(unit)
        return "s", ["enabled" if unit in self.enabled else "disabled"]

    def _subscribe(self) -> Reply:
        if self._asker in self._subscribers:
            raise CallRefused(SUBSCRIBED, "Client is already subscribed.")
        self._subscribers.add(self._asker)
        return "", []

    def _answer(self, message: Message) -> Message | bool | None:
        self._path_asked, self._asker = message.path or "", message.sender or ""
        return super()._answer(message)

    def _path_of(self, unit: str) -> str:
        if unit not in self._paths:
            self._paths.append(unit)
        return f"{PATH}/unit/u{self._paths.index(unit)}"

    def _get_unit(self, unit: str) -> Reply:
        self._known(unit)
        return "o", [self._path_of(unit)]

    def _job(self, member: str) -> Any:
        def take(unit: str, mode: str) -> Reply:
            assert mode == "replace"
            if member == "StartUnit" and unit.partition("@")[0] in self._templates:
                return "o", [self._oneshot(unit)]
            self._known(unit)
            self.asked.append(f"{member} {unit}")
            stops = member == "StopUnit"
            if member == "RestartUnit" and self.units[unit] == "active":
                self._switched(unit, False)
            if not (stops and self.units[unit] == "inactive"):
                self.change(unit, "deactivating" if stops else "active")
            self._switched(unit, not stops)
            return "o", [f"{PATH}/job/1"]

        return take

    def _oneshot(self, unit: str) -> str:
        job = f"{PATH}/job/{len(self._results) + len(self._jobs) + 2}"
        self._jobs.append(job)
        self._oneshots.put_nowait((job, unit))
        return job

    def _known(self, unit: str) -> None:
        if unit not in self.units:
            raise CallRefused(NO_SUCH_UNIT, f"Unit {unit} not loaded.")

    def _get(self, interface: str, name: str) -> Reply:
        if interface == JOB:
            if self._path_asked not in self._jobs:
                raise CallRefused(UNKNOWN, f"Unknown object '{self._path_asked}'.")
            return "v", [Variant("s", "running")]
        unit = self._paths[int(self._path_asked.rpartition("/u")[2])]
        if interface == SERVICE:
            result = "exit-code" if self.units.get(unit) == "failed" else "success"
            return "v", [Variant("s", self._results.get(unit, result))]
        assert interface == UNIT
        if name == "LoadState":
            return "v", [Variant("s", "loaded" if unit in self.units else "not-found")]
        state = self.units.get(unit, "inactive")
        if state == "deactivating" and unit not in self.lasting:
            self.units[unit] = "inactive"
        return "v", [Variant("s", state)]
