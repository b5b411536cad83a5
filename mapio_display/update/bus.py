"""The system bus: one connection, made again whenever it is lost.

dbus-next swallows what a signal's callback raises, so the callback here only puts the signal into ``inbox``.
"""

import asyncio
import logging
from collections.abc import Sequence
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


class SystemBus:
    """The connection to the bus named by ``DBUS_SYSTEM_BUS_ADDRESS`` (the usual one where that is not set).

    ``rules`` are match rules (D-Bus specification, "Match Rules") for the signals wanted.
    """

    def __init__(self, rules: Sequence[str]) -> None:
        self.inbox: asyncio.Queue[Connected | Disconnected | Signal] = asyncio.Queue()
        self._rules = rules
        self._bus: MessageBus | None = None

    async def run(self) -> None:
        """Connect, and connect again whenever the bus is lost, for ever."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._session()
            except (OSError, EOFError, AuthError, InvalidAddressError, CallFailed, CallUnanswered) as error:
                self.inbox.put_nowait(Disconnected(f"{type(error).__name__}: {error}"))
            else:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _session(self) -> None:
        bus: MessageBus = _Bus(bus_type=BusType.SYSTEM)
        try:
            await bus.connect()
            self._bus = bus
            bus.add_message_handler(self._on_message)
            for rule in self._rules:
                await self.call(*DBUS, "AddMatch", "s", rule)
            self.inbox.put_nowait(Connected())
            try:
                await bus.wait_for_disconnect()
            except Exception as error:  # noqa: BLE001 - dbus-next passes on whatever ended the connection
                self.inbox.put_nowait(Disconnected(f"{type(error).__name__}: {error}"))
        finally:
            self._bus = None
            close(bus)

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
            self.inbox.put_nowait(Signal(message.sender, message.interface or "", message.member or "", body))


class _Bus(MessageBus):
    """dbus-next 0.2.3 leaves the socket of a bus that it cannot reach to the garbage collector; this one closes it."""

    def _setup_socket(self) -> None:
        try:
            MessageBus._setup_socket(self)  # noqa: SLF001 - so named in the base
        except BaseException:
            for name in ("_stream", "_sock"):
                if hasattr(self, name):
                    getattr(self, name).close()
            raise


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
