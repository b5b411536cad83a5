"""systemd-logind (``org.freedesktop.login1``, see org.freedesktop.login1(5)): reboots, and waits for our last frame.

A *delay inhibitor* is an open file that logind hands out. Before the machine goes down logind announces it, and gives
each holder up to five seconds (``InhibitDelayMaxSec=`` in logind.conf(5)) to close it.
"""

import logging
import os
from collections.abc import Callable

from mapio_display.core.facts.shutdown import Shutdown, ShutdownAnnounced, ShutdownCancelled
from mapio_display.core.protocols import StatePort
from mapio_display.errors import RebootError
from mapio_display.host.bus import (
    DBUS,
    CallFailed,
    CallUnanswered,
    Connected,
    Disconnected,
    Signal,
    SystemBus,
    call_for_descriptor,
)

log = logging.getLogger(__name__)

NAME = "org.freedesktop.login1"
INTERFACE = "org.freedesktop.login1.Manager"
MANAGER = (NAME, "/org/freedesktop/login1", INTERFACE)
SYSTEMD = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
RULES = (
    f"type='signal',sender='{NAME}',interface='{INTERFACE}',member='PrepareForShutdown'",
    f"type='signal',sender='{NAME}',interface='{INTERFACE}',member='PrepareForShutdownWithMetadata'",
    f"type='signal',sender='{DBUS[0]}',member='NameOwnerChanged',arg0='{NAME}'",
)
JOBS_S = 0.3  # to ask systemd at the last moment, of the few seconds that it gives the last frame

_KINDS = {
    "reboot": Shutdown.RESTART,
    "kexec": Shutdown.RESTART,
    "soft-reboot": Shutdown.RESTART,
    "poweroff": Shutdown.OFF,
    "halt": Shutdown.OFF,
}


class Logind:
    """Follows logind and asks it. ``local_time`` gives the time of day, None while it cannot be believed."""

    def __init__(self, bus: SystemBus, state: StatePort, local_time: Callable[[], str | None]) -> None:
        self._bus = bus
        self._inbox = bus.follow(*RULES)
        self._state = state
        self._local_time = local_time
        self._owner: str | None = None
        self._lock: int | None = None

    async def reboot(self) -> None:
        """Ask for a reboot without asking a person. Raises ``RebootError``."""
        try:
            await self._bus.call(*MANAGER, "Reboot", "b", False)
        except (CallFailed, CallUnanswered) as error:
            raise RebootError(f"logind did not take the reboot: {error}") from error

    async def run(self) -> None:
        """Hold an inhibitor, and report when the machine is about to go down, endlessly."""
        try:
            while True:
                match await self._inbox.get():
                    case Connected():
                        await self._found()
                    case Disconnected():
                        self._owner = None  # the inhibitor stays good: it is the file's and not the connection's
                    case Signal(sender, _, member, body):
                        await self._on_signal(sender, member, body)
        finally:
            self.release()

    def release(self) -> None:
        """Let the machine go down."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def going(self) -> Shutdown | None:
        """What systemd is about to do, by its jobs; None where it only stops us, or does not answer in time."""
        try:
            jobs, *_ = await self._bus.call(*SYSTEMD, "ListJobs", within=JOBS_S)
            for _, unit, kind, *_ in jobs:
                if kind == "start" and (found := _KINDS.get(str(unit).removesuffix(".target"))):
                    return found
        except (CallFailed, CallUnanswered, TypeError, ValueError) as error:
            log.info("systemd does not report why it stops us: %s", error)
        return None

    async def _on_signal(self, sender: str, member: str, body: tuple[object, ...]) -> None:
        match member, body:
            case "NameOwnerChanged", (str() as name, _, _) if sender == DBUS[0] and name == NAME:
                await self._found()
            case _ if sender != self._owner:
                pass
            case "PrepareForShutdownWithMetadata", (True, {"type": str() as kind}):
                self._state.dispatch(ShutdownAnnounced(_KINDS.get(kind), self._local_time()))
            case "PrepareForShutdown", (True,):
                # Since systemd 255 this comes after the other one, which says more.
                self._state.dispatch(ShutdownAnnounced(None, self._local_time()))
            case "PrepareForShutdown", (False,):
                self._state.dispatch(ShutdownCancelled())
                await self._inhibit()

    async def _found(self) -> None:
        """Logind is there, is another one, or is gone; then it will be back, and keeps its inhibitors meanwhile."""
        try:
            self._owner = await self._bus.owner(NAME)
        except CallUnanswered:
            self._owner = None
        if self._owner is not None:
            await self._inhibit()

    async def _inhibit(self) -> None:
        why = "The panel gets its last picture"
        try:
            lock = await call_for_descriptor(*MANAGER, "Inhibit", "ssss", "shutdown", "mapio-display", why, "delay")
        except (CallFailed, CallUnanswered) as error:
            log.warning("logind will not wait for the last picture: %s", error)
            return
        self.release()
        self._lock = lock
