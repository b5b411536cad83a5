"""Units, through systemd's manager (``org.freedesktop.systemd1``, see org.freedesktop.systemd1(5))."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from mapio_display.core.protocols import Pause
from mapio_display.errors import UnitError
from mapio_display.host.bus import CallFailed, CallUnanswered, SystemBus

NAME = "org.freedesktop.systemd1"
PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
UNIT = "org.freedesktop.systemd1.Unit"
SERVICE = "org.freedesktop.systemd1.Service"
JOB = "org.freedesktop.systemd1.Job"
PROPERTIES = "org.freedesktop.DBus.Properties"
NO_SUCH_UNIT = "org.freedesktop.systemd1.NoSuchUnit"
NO_OBJECT = ("org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.DBus.Error.UnknownMethod")
NO_UNIT_FILE = (NO_SUCH_UNIT, "org.freedesktop.DBus.Error.FileNotFound")
STOP_S = 20.0
RUN_S = 60.0
LOOK_S = 0.1
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


async def answered(ask: Callable[[], Awaitable[T]], pause: Pause) -> T:
    """Ask until systemd answers, which may come up after the daemon, and give the answer."""
    waiting = FIRST_PAUSE_S
    while True:
        try:
            return await ask()
        except UnitError as error:
            _log.debug("%s", error)
        await pause(waiting)
        waiting = min(2 * waiting, LONGEST_PAUSE_S)


class UnitsPort(Protocol):
    """What is asked of systemd. All calls raise ``UnitError``."""

    async def is_active(self, unit: str) -> bool | None:
        """Say whether a unit runs; None if there is none of this name."""

    async def start(self, unit: str) -> None:
        """Have a unit started; one that runs is left alone."""

    async def restart(self, unit: str) -> None:
        """Have a unit started anew."""

    async def stop(self, unit: str) -> None:
        """Stop a unit, and return when it has ended."""


class Systemd:
    """Asks systemd. All calls raise ``UnitError``."""

    def __init__(self, bus: SystemBus) -> None:
        self._bus = bus

    async def is_active(self, unit: str) -> bool | None:
        """Say whether a unit runs; None if there is none of this name."""
        (path,) = await self._call(PATH, MANAGER, "LoadUnit", "s", unit)
        (loaded,) = await self._call(path, PROPERTIES, "Get", "ss", UNIT, "LoadState")
        return await self._active_state(path) == "active" if loaded == "loaded" else None

    async def has_failed(self, unit: str) -> bool:
        """Say whether a service ended in a failure, and has not been started since."""
        (path,) = await self._call(PATH, MANAGER, "LoadUnit", "s", unit)
        return await self._result(path) != "success"

    async def start(self, unit: str) -> None:
        """Have a unit started; one that runs is left alone."""
        await self._call(PATH, MANAGER, "StartUnit", "ss", unit, "replace")

    async def restart(self, unit: str) -> None:
        """Have a unit started anew."""
        await self._call(PATH, MANAGER, "RestartUnit", "ss", unit, "replace")

    async def stop(self, unit: str) -> None:
        """Stop a unit, and return when it has ended; one that is not there has."""
        try:
            await self._call(PATH, MANAGER, "StopUnit", "ss", unit, "replace")
            (path,) = await self._call(PATH, MANAGER, "GetUnit", "s", unit)
            async with asyncio.timeout(STOP_S):
                while await self._active_state(path) not in ("inactive", "failed"):  # noqa: ASYNC110 - its signals
                    # would take a subscription, for two moments in a gateway's life
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as error:
            raise UnitError(f"{unit} did not end within {STOP_S:.0f} s") from error
        except UnitError as error:
            if not _is(error, NO_SUCH_UNIT):
                raise

    async def is_enabled(self, unit: str) -> bool:
        """Say whether a unit is started at every boot; one that is not there is not."""
        try:
            (state,) = await self._call(PATH, MANAGER, "GetUnitFileState", "s", unit)
        except UnitError as error:
            if _is(error, *NO_UNIT_FILE):
                return False
            raise
        return state in ("enabled", "enabled-runtime")

    async def enable(self, unit: str) -> None:
        """Have a unit started at every boot."""
        await self._call(PATH, MANAGER, "EnableUnitFiles", "asbb", [unit], False, False)

    async def disable(self, unit: str) -> None:
        """Have a unit started at no boot."""
        await self._call(PATH, MANAGER, "DisableUnitFiles", "asb", [unit], False)

    async def run(self, unit: str) -> bool:
        """Start a oneshot unit, return when it has ended, and say whether it succeeded."""
        (job,) = await self._call(PATH, MANAGER, "StartUnit", "ss", unit, "replace")
        try:
            async with asyncio.timeout(RUN_S):
                while await self._is_pending(job):  # noqa: ASYNC110 - as below
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as error:
            raise UnitError(f"{unit} did not end within {RUN_S:.0f} s") from error
        (path,) = await self._call(PATH, MANAGER, "LoadUnit", "s", unit)
        return await self._result(path) == "success"

    async def _is_pending(self, job: str) -> bool:
        """Whether a job is still there; a oneshot unit's ends with what it runs."""
        try:
            await self._call(job, PROPERTIES, "Get", "ss", JOB, "State")
        except UnitError as error:
            if _is(error, *NO_OBJECT):
                return False
            raise
        return True

    async def _result(self, path: str) -> str:
        (result,) = await self._call(path, PROPERTIES, "Get", "ss", SERVICE, "Result")
        return str(result)

    async def _active_state(self, path: str) -> str:
        (active,) = await self._call(path, PROPERTIES, "Get", "ss", UNIT, "ActiveState")
        return str(active)

    async def _call(self, path: str, interface: str, member: str, signature: str, *body: Any) -> tuple[Any, ...]:
        try:
            return await self._bus.call(NAME, path, interface, member, signature, *body)
        except (CallFailed, CallUnanswered) as error:
            of = ", ".join(body[0]) if isinstance(body[0], list) else body[0]
            raise UnitError(f"systemd: {member} of {of}: {error}") from error


def _is(error: UnitError, *names: str) -> bool:
    """Whether systemd answered with a D-Bus error of one of these names."""
    return isinstance(error.__cause__, CallFailed) and error.__cause__.name in names
