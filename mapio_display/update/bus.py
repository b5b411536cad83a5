"""The system bus: one connection, made again whenever it is lost.

dbus-next swallows what a signal's callback raises, so the callback here only puts the signal into inboxes.
"""

import asyncio
import logging
import os
from dataclasses import dataclass
from typing import Any

from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import BusType, MessageType
from dbus_next.errors import AuthError, InvalidAddressError
from dbus_next.message import Message
from dbus_next.signature import Variant

from mapio_display.errors import MapioDisplayError

log = logging.getLogger(__name__)

DBUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
FIRST_PAUSE_S = 0.5
PAUSE_GROWS = 1.25  # gently: at boot the bus comes some seconds after us
LONGEST_PAUSE_S = 30.0


class CallFailed(MapioDisplayError):
    """The peer answered with a D-Bus error; ``name`` is the error's name, the message its text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class CallUnanswered(MapioDisplayError):
    """No answer: not connected, the connection was lost, or the time was up."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The bus can be used from now on."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The bus is gone; a new connection is being tried."""

    reason: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal, with the sender's unique name and its variants unpacked."""

    sender: str
    interface: str
    member: str
    body: tuple[Any, ...]


Inbox = asyncio.Queue[Connected | Disconnected | Signal]


class SystemBus:
    """The connection to the bus named by ``DBUS_SYSTEM_BUS_ADDRESS`` (the usual one where that is not set)."""

    def __init__(self) -> None:
        self._inboxes: list[Inbox] = []
        self._rules: list[str] = []
        self._bus: MessageBus | None = None

    def follow(self, *rules: str) -> Inbox:
        """Give a queue of what happens on the bus, from the next connection on.

        ``rules`` are match rules (D-Bus specification, "Match Rules") for the signals wanted. Signals that others asked
        for come too, and so may a stranger's, sent to us alone: look at the sender.
        """
        inbox: Inbox = asyncio.Queue()
        self._inboxes.append(inbox)
        self._rules += rules
        return inbox

    @property
    def connected(self) -> bool:
        """Whether calls can be made."""
        return self._bus is not None and self._bus.connected

    async def run(self) -> None:
        """Connect, and connect again whenever the bus is lost, for ever."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._session()
            except (OSError, EOFError, AuthError, InvalidAddressError, CallFailed, CallUnanswered) as error:
                self._tell(Disconnected(f"{type(error).__name__}: {error}"))
            else:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(PAUSE_GROWS * pause, LONGEST_PAUSE_S)

    def _tell(self, item: Connected | Disconnected | Signal) -> None:
        for inbox in self._inboxes:
            inbox.put_nowait(item)

    async def _session(self) -> None:
        bus: MessageBus = Bus(bus_type=BusType.SYSTEM)
        try:
            await bus.connect()
            self._bus = bus
            bus.add_message_handler(self._on_message)
            for rule in self._rules:
                await self.call(*DBUS, "AddMatch", "s", rule)
            self._tell(Connected())
            try:
                await bus.wait_for_disconnect()
            except Exception as error:  # noqa: BLE001 - dbus-next passes on whatever ended the connection
                self._tell(Disconnected(f"{type(error).__name__}: {error}"))
        finally:
            self._bus = None
            close(bus)

    async def owner(self, name: str) -> str | None:
        """Give the unique name of whoever owns ``name`` now, None where nobody does. Raises ``CallUnanswered``."""
        try:
            (owner,) = await self.call(*DBUS, "GetNameOwner", "s", name)
        except CallFailed:
            return None
        return str(owner)

    async def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        within: float = 10.0,
    ) -> tuple[Any, ...]:
        """Call a method and give what it returns, variants unpacked.

        ``within`` is in seconds. Raises ``CallFailed`` or ``CallUnanswered``.
        """
        bus = self._bus
        if bus is None or not bus.connected:
            raise CallUnanswered("no connection to D-Bus")
        message = Message(
            destination=destination, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            async with asyncio.timeout(within):
                reply = await bus.call(message)
        except TimeoutError as error:
            raise CallUnanswered(f"{member} was not answered within {within:.0f} s") from error
        except (OSError, EOFError) as error:
            raise CallUnanswered(f"{member}: the connection to D-Bus was lost") from error
        if reply is None:
            raise CallUnanswered(f"{member}: the connection to D-Bus was closed")
        if reply.message_type is MessageType.ERROR:
            text = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
            raise CallFailed(reply.error_name or "", text)
        return tuple(_plain(value) for value in reply.body)

    def _on_message(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.sender:
            body = tuple(_plain(value) for value in message.body)
            self._tell(Signal(message.sender, message.interface or "", message.member or "", body))


class Bus(MessageBus):
    """dbus-next's, 0.2.3, with two things mended.

    It leaves the socket of a bus that it cannot reach to the garbage collector; this one closes it. And where nobody
    has waited for the end of a connection, asyncio would complain in the log of the error that ended it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._disconnect_future.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    def _setup_socket(self) -> None:
        try:
            MessageBus._setup_socket(self)  # noqa: SLF001 - so named in the base
        except BaseException:
            for name in ("_stream", "_sock"):
                if hasattr(self, name):
                    getattr(self, name).close()
            raise


async def call_for_descriptor(
    destination: str, path: str, interface: str, member: str, signature: str, *body: Any, within: float = 10.0
) -> int:
    """Call a method that returns an open file, and give its descriptor, which the caller closes.

    That takes a connection of its own, which ends with the call: descriptors that others sent to us would stay open on
    the one that lasts. Raises ``CallFailed`` or ``CallUnanswered``.
    """
    bus = Bus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True)
    try:
        async with asyncio.timeout(within):
            await bus.connect()
            try:
                message = Message(destination, path, interface, member, signature=signature, body=list(body))
                reply = await bus.call(message)
            finally:
                close(bus)
    except (TimeoutError, OSError, EOFError, AuthError, InvalidAddressError) as error:
        raise CallUnanswered(f"{member}: {type(error).__name__}: {error}") from error
    if reply is None or reply.message_type is MessageType.ERROR:
        raise CallFailed(reply.error_name or "" if reply else "", str(reply.body[0]) if reply and reply.body else "")
    if len(reply.unix_fds) != 1:
        for descriptor in reply.unix_fds:
            os.close(descriptor)
        raise CallFailed("", f"{member} returned {len(reply.unix_fds)} open files instead of one")
    return int(reply.unix_fds[0])


def close(bus: MessageBus) -> None:
    """Leave the bus and close its socket: ``disconnect`` of dbus-next 0.2.3 leaves that to the garbage collector."""
    bus._finalize(None)  # noqa: SLF001 - calls that wait get no reply
    bus._stream.close()  # noqa: SLF001
    bus._sock.close()  # noqa: SLF001


def _plain(value: Any) -> Any:
    """Unpack variants at any depth."""
    if isinstance(value, Variant):
        return _plain(value.value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
