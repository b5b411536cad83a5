"""A stand-in for systemd-logind (``org.freedesktop.login1``): it goes down when asked, and waits for its inhibitors."""

import asyncio
import os
from collections.abc import Callable, Mapping

from dbus_next.signature import Variant

from mapio_display.virtual.bus import CallRefused, OpenFile, Service

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"
DELAY_S = 5.0  # InhibitDelayMaxSec= of logind.conf(5)


class VirtualLogind:
    """logind at ``address``. ``down`` has what to do for "reboot" and "poweroff", which must return at once."""

    def __init__(self, address: str, down: Mapping[str, Callable[[], None]]) -> None:
        self._service = Service(address, NAME, PATH)
        self._down = down
        self._asked: asyncio.Queue[str] = asyncio.Queue()
        self._locks: set[int] = set()  # our ends of the inhibitors
        self._released = asyncio.Event()
        self._going = False
        self._service.offer(
            MANAGER,
            {
                "Reboot": lambda _interactive: self._take("reboot"),
                "PowerOff": lambda _interactive: self._take("poweroff"),
                "CanReboot": lambda: ("s", ["yes"]),
                "CanPowerOff": lambda: ("s", ["yes"]),
                "Inhibit": self._inhibit,
            },
        )

    @property
    def inhibitors(self) -> int:
        """How many wait for the machine's going down."""
        return len(self._locks)

    async def start(self) -> None:
        """Own the name from now on."""
        await self._service.start()

    def ask(self, kind: str) -> None:
        """Let the machine go down for "reboot" or "poweroff"; one that goes down already is not held up again."""
        if self._going:
            self._down[kind]()
        else:
            self._going = True
            self._asked.put_nowait(kind)

    def booted(self) -> None:
        """The machine is up again."""
        self._going = False

    async def run(self) -> None:
        """Go down whenever asked to."""
        while True:
            kind = await self._asked.get()
            self._announce(kind)
            try:
                async with asyncio.timeout(DELAY_S):
                    while self._locks:
                        self._released.clear()
                        await self._released.wait()
            except TimeoutError:
                pass
            self._down[kind]()

    def stop(self) -> None:
        """Leave the bus."""
        self._service.stop()
        for lock in tuple(self._locks):
            self._forget(lock)

    def _take(self, kind: str) -> tuple[str, list[object]]:
        self.ask(kind)
        return "", []

    def _announce(self, kind: str) -> None:
        # In this order since systemd 255; the second is the older one.
        metadata = {"type": Variant("s", kind)}
        self._service.signal(MANAGER, "PrepareForShutdownWithMetadata", "ba{sv}", True, metadata)
        self._service.signal(MANAGER, "PrepareForShutdown", "b", True)

    def _inhibit(self, what: str, _who: str, _why: str, mode: str) -> OpenFile:
        if (what, mode) != ("shutdown", "delay"):
            raise CallRefused("org.freedesktop.DBus.Error.InvalidArgs", f"{mode} of {what} is not played here")
        ours, theirs = os.pipe2(os.O_CLOEXEC)
        self._locks.add(ours)
        asyncio.get_running_loop().add_reader(ours, self._forget, ours)  # its end comes when they close theirs
        return OpenFile(theirs)

    def _forget(self, lock: int) -> None:
        asyncio.get_running_loop().remove_reader(lock)
        self._locks.discard(lock)
        os.close(lock)
        self._released.set()
