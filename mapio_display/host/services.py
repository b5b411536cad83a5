"""The services of ``[services]``: the state of their units, as systemd reports it (org.freedesktop.systemd1(5)).

systemd sends signals only after a client has subscribed. The match rules name the units' own objects, because other
units change all the time. A signal's content is not parsed: it is the reason to ask again.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from mapio_display.config.sections import DOCKER
from mapio_display.core.facts.services import Service, ServicesObserved, ServiceState
from mapio_display.core.protocols import StatePort
from mapio_display.host.bus import DBUS, CallFailed, CallUnanswered, Connected, Disconnected, Signal, SystemBus
from mapio_display.host.source import Given, Run, Source
from mapio_display.host.systemd import MANAGER, NAME, PATH, PROPERTIES, UNIT

RELOADING = f"type='signal',sender='{NAME}',path='{PATH}',interface='{MANAGER}',member='Reloading'"
CHANGED = f"type='signal',sender='{NAME}',interface='{PROPERTIES}',member='PropertiesChanged',arg0='{UNIT}',path='{{}}'"
AGAIN_S = 30.0  # after systemd did not answer
SUBSCRIBED = "org.freedesktop.systemd1.AlreadySubscribed"

_STATES = {
    "active": ServiceState.RUNNING,
    "reloading": ServiceState.RUNNING,
    "refreshing": ServiceState.RUNNING,
    "activating": ServiceState.STARTING,
    "deactivating": ServiceState.STOPPING,
    "inactive": ServiceState.STOPPED,
    "maintenance": ServiceState.STOPPED,
    "failed": ServiceState.FAILED,
}

_log = logging.getLogger(__name__)


class ServicesSource:
    """Dispatches ``ServicesObserved`` at the start and whenever a unit of ``units`` (by the service's name) changes.

    The service that is configured by default is left out where systemd knows no such unit.
    """

    def __init__(self, bus: SystemBus, state: StatePort, units: Mapping[str, str]) -> None:
        self._bus = bus
        self._inbox = bus.follow(RELOADING)
        self._state = state
        self._services = {name: Service(name, unit) for name, unit in units.items()}
        self._paths: dict[str, str] = {}  # the units' objects, as systemd names them, by the service's name
        self._matched: set[str] = set()  # those whose signals the bus was asked for, on this connection
        self._owner: str | None = None
        self._absent = {name for name, unit in units.items() if (name, unit) in DOCKER.items()}
        self._reported: tuple[Service, ...] = ()

    async def run(self) -> None:
        """Follow the units without end."""
        again = False
        while True:
            self._report()
            news: Connected | Disconnected | Signal | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S if again else None):
                    news = await self._inbox.get()
            match news:
                case Disconnected():
                    self._lose()
                    again = False
                case Connected():
                    self._matched.clear()
                    again = not await self._look()
                case Signal(sender, _, "NameOwnerChanged", (str() as name, _, _)) if (sender, name) == (DBUS[0], NAME):
                    again = not await self._look()
                case Signal(sender, _, "Reloading", (False,)) if sender == self._owner:
                    again = not await self._look()
                case Signal(sender, _, "PropertiesChanged", path=path) if sender == self._owner:
                    again = not await self._look(path)
                case None:
                    again = not await self._look()

    async def _look(self, path: str | None = None) -> bool:
        """Ask for the states of all units, or of the one whose object ``path`` is; False if systemd did not answer."""
        try:
            if path is None:
                await self._subscribe()
            for name, own in self._paths.items():
                if path in (None, own):
                    self._take(name, await self._state_of(own))
        except (CallFailed, CallUnanswered, TypeError, ValueError) as error:
            _log.warning("systemd does not report the services: %s", error)
            self._lose()
            return False
        return True

    async def _subscribe(self) -> None:
        """Ask for the signals of all units, whose objects may be others by now."""
        self._lose()
        self._owner = await self._bus.owner(NAME)
        if self._owner is None:
            return
        try:
            await self._bus.call(NAME, PATH, MANAGER, "Subscribe")
        except CallFailed as error:
            if error.name != SUBSCRIBED:
                raise
        for name, service in self._services.items():
            (path,) = await self._bus.call(NAME, PATH, MANAGER, "LoadUnit", "s", service.unit)
            if path not in self._matched:
                await self._bus.call(*DBUS, "AddMatch", "s", CHANGED.format(path))
                self._matched.add(path)
            self._paths[name] = path

    async def _state_of(self, path: str) -> ServiceState | None:
        (active,) = await self._bus.call(NAME, path, PROPERTIES, "Get", "ss", UNIT, "ActiveState")
        (loaded,) = await self._bus.call(NAME, path, PROPERTIES, "Get", "ss", UNIT, "LoadState")
        return ServiceState.MISSING if (loaded, active) == ("not-found", "inactive") else _STATES.get(active)

    def _take(self, name: str, state: ServiceState | None) -> None:
        service = self._services[name] = replace(self._services[name], state=state)
        if state is not ServiceState.MISSING:
            self._absent.discard(name)
        elif (name, service.unit) in DOCKER.items():
            self._absent.add(name)

    def _lose(self) -> None:
        """What is not followed is not known."""
        self._owner = None
        self._paths.clear()
        self._services = {name: replace(service, state=None) for name, service in self._services.items()}

    def _report(self) -> None:
        listed = tuple(service for name, service in self._services.items() if name not in self._absent)
        if listed != self._reported:
            self._reported = listed
            self._state.dispatch(ServicesObserved(listed))


def _source(given: Given) -> Run | None:
    units = {name: unit for name, unit in given.config.services.items() if unit}
    return ServicesSource(given.bus, given.state, units).run() if units else None


SOURCE: Source = _source
