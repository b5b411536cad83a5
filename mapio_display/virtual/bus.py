"""A D-Bus of its own, with everything allowed on it, and services played on it."""

import asyncio
import asyncio.subprocess
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dbus_next.constants import MessageType, NameFlag, RequestNameReply
from dbus_next.message import Message

from mapio_display.errors import MapioDisplayError
from mapio_display.frozen import Frozen
from mapio_display.host.bus import DBUS, Bus, close
from mapio_display.virtual.tools import ToolError, end, spawn, tool

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <servicedir>{services}</servicedir>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
"""
START_S = 10.0
LOOK_S = 0.01  # it does not report when it listens


class PrivateBus:
    """dbus-daemon(1) with its socket in ``directory``, whose name needs no escapes in an address."""

    def __init__(self, directory: Path) -> None:
        self.services = directory / "services"  # what could be activated; there need be nothing
        self._directory = directory
        self._socket = directory / "bus.sock"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """The value for ``DBUS_SYSTEM_BUS_ADDRESS``."""
        return f"unix:path={self._socket}"

    async def start(self) -> None:
        """Start the bus, and return when it can be reached. Raises ``ToolError``."""
        self._socket.unlink(missing_ok=True)
        configuration = self._directory / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=self._socket, services=self.services))
        log = self._directory / "bus.log"
        self._process = await spawn([tool("dbus-daemon"), "--nofork", f"--config-file={configuration}"], log)
        async with asyncio.timeout(START_S):
            while not self._listens():
                if self._process.returncode is not None:
                    raise ToolError(f"dbus-daemon did not start: {log.read_text().strip()}")
                await asyncio.sleep(LOOK_S)

    async def stop(self) -> None:
        """End the bus."""
        if self._process is not None:
            await end(self._process, 2.0)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0


class OpenFile(Frozen):
    """A reply of one open file: the caller gets it, and it is closed here."""

    descriptor: int


Method = Callable[..., tuple[str, list[Any]] | OpenFile | None]
"""Takes a call's arguments and gives the signature and the values of the reply; with None there never is one."""


class CallRefused(MapioDisplayError):
    """Raised by a method: the caller gets a D-Bus error of this name and text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Service:
    """A name on a bus, whose methods are plain functions."""

    def __init__(self, address: str, name: str, path: str) -> None:
        self._address = address
        self._name = name
        self._path = path
        self._methods: dict[tuple[str, str], Method] = {}
        self._bus: Bus | None = None

    def offer(self, interface: str, methods: Mapping[str, Method]) -> None:
        """Answer calls to these members of ``interface``."""
        self._methods.update({(interface, member): method for member, method in methods.items()})

    async def start(self) -> None:
        """Own the name from now on. Raises ``ToolError`` if another process does."""
        self._bus = Bus(bus_address=self._address, negotiate_unix_fd=True)
        await self._bus.connect()
        self._bus.add_message_handler(self._answer)
        reply = await self._bus.request_name(self._name, NameFlag.DO_NOT_QUEUE)
        if reply is not RequestNameReply.PRIMARY_OWNER:
            raise ToolError(f"{self._name} is on the bus already")

    def stop(self) -> None:
        """Leave the bus."""
        if self._bus is not None:
            close(self._bus)
            self._bus = None

    def signal(self, interface: str, member: str, signature: str, *body: Any, path: str | None = None) -> None:
        """Send a signal of the object at ``path``, by default the service's own."""
        if self._bus is not None:
            self._bus.send(Message.new_signal(path or self._path, interface, member, signature, list(body)))

    async def sent(self) -> None:
        """Return when the bus has received all signals so far: dbus-next gives up where many wait to be sent."""
        if self._bus is not None:
            await self._bus.call(Message(*DBUS, "GetId"))

    def _answer(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        method = self._methods.get((message.interface or "", message.member or ""))
        if method is None:
            return None
        try:
            answer = method(*message.body)
        except CallRefused as refusal:
            return Message.new_error(message, refusal.name, str(refusal))
        if isinstance(answer, OpenFile):
            assert self._bus is not None, "it is the bus that the call came from"
            sent = self._bus.send(Message.new_method_return(message, "h", [0], [answer.descriptor]))
            sent.add_done_callback(lambda _: os.close(answer.descriptor))
            return True
        return answer is None or Message.new_method_return(message, *answer)


async def call_once(address: str, to: tuple[str, str, str], member: str, signature: str, *body: Any) -> None:
    """Call a method of the service ``to`` (name, path, interface) at ``address``. Raises ``CallRefused``."""
    bus = Bus(bus_address=address)
    try:
        await bus.connect()
        message = Message(*to, member, signature=signature, body=list(body))
        reply = await bus.call(message)
    finally:
        close(bus)
    if reply is not None and reply.message_type is MessageType.ERROR:
        raise CallRefused(reply.error_name or "", str(reply.body[0]) if reply.body else "")
