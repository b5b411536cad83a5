"""The system bus: one connection, made again whenever it is lost.

dbus-next swallows what a signal's callback raises, so the callback here only puts the signal into inboxes. Signals of
others than the owners of the names that are followed are dropped before that.
"""

import asyncio
import logging
import os
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import BusType, MessageType
from dbus_next.errors import AuthError, InvalidAddressError
from dbus_next.message import Message
from dbus_next.signature import Variant

from mapio_display.errors import MapioDisplayError
from mapio_display.frozen import Frozen
from mapio_display.host.wire import READ_BYTES, Header, Inflow, Wanted, WireError, is_answer, is_signal

log = logging.getLogger(__name__)

DBUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
FIRST_PAUSE_S = 0.5
PAUSE_GROWS = 1.25  # gently: at boot the bus comes some seconds after us
LONGEST_PAUSE_S = 30.0
LARGEST_INBOX = 1000  # signals; RAUC sends some twenty in an install
MOST_DESCRIPTORS = 64  # in one message; the bus lets 16 through

_SENDER = re.compile(r"sender='([^']+)'")


class CallFailed(MapioDisplayError):
    """The peer answered with a D-Bus error; ``name`` is the error's name, the message its text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class CallUnanswered(MapioDisplayError):
    """No answer: not connected, the connection was lost, or the time was up."""


class Overflow(MapioDisplayError):
    """More signals wait than a follower can be behind with."""


class Connected(Frozen):
    """The bus can be used from now on."""


class Disconnected(Frozen):
    """The bus is gone; a new connection is being tried."""

    reason: str


class Signal(Frozen):
    """A signal, with the sender's unique name, its variants unpacked, and the ``path`` of the object it came from."""

    sender: str
    interface: str
    member: str
    body: tuple[Any, ...]
    path: str = field(default="", compare=False)


Inbox = asyncio.Queue[Connected | Disconnected | Signal]


class SystemBus:
    """The connection to the bus named by ``DBUS_SYSTEM_BUS_ADDRESS`` (the usual one where that is not set)."""

    def __init__(self) -> None:
        self._inboxes: list[tuple[Inbox, tuple[str, ...]]] = []
        self._rules: list[str] = []
        self._owners: dict[str, str | None] = {}
        self._bus: Bus | None = None

    def follow(self, *rules: str) -> Inbox:
        """Give a queue of what happens on the bus, from the next connection on.

        ``rules`` are match rules (D-Bus specification, "Match Rules") for the signals wanted, each with its
        ``sender``'s well-known name; ``NameOwnerChanged`` of that name comes too. So do other signals of these senders
        that were asked for; without rules, those of all senders that anything follows. An inbox that is not emptied
        loses its signals and the connection; ``Connected`` says when to look at everything anew.
        """
        inbox: Inbox = asyncio.Queue()
        names = tuple(_SENDER.findall(" ".join(rules)))
        self._inboxes.append((inbox, names))
        for name in names:
            if name != DBUS[0] and name not in self._owners:
                self._owners[name] = None
                self._rules.append(f"type='signal',sender='{DBUS[0]}',member='NameOwnerChanged',arg0='{name}'")
        self._rules += (rule for rule in rules if rule not in self._rules)
        return inbox

    @property
    def connected(self) -> bool:
        """Whether calls can be made."""
        return self._bus is not None and self._bus.connected

    async def run(self) -> None:
        """Connect, and connect again whenever the bus is lost, endlessly."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._session()
            except (OSError, EOFError, AuthError, InvalidAddressError, MapioDisplayError) as error:
                self._tell(Disconnected(f"{type(error).__name__}: {error}"))
            else:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(PAUSE_GROWS * pause, LONGEST_PAUSE_S)

    def _tell(self, item: Connected | Disconnected | Signal, sender: str = DBUS[0]) -> None:
        for inbox, names in self._inboxes:
            if names and sender != DBUS[0] and sender not in map(self._owners.get, names):
                continue
            if inbox.qsize() < LARGEST_INBOX:
                inbox.put_nowait(item)
                continue
            while not inbox.empty():
                inbox.get_nowait()
            if self._bus is not None:
                self._bus.end(Overflow("more signals come than can be read"))
            else:
                inbox.put_nowait(item)

    async def _session(self) -> None:
        bus = Bus(self._wants, bus_type=BusType.SYSTEM)
        try:
            await bus.connect()
            self._bus = bus
            bus.add_message_handler(self._on_message)
            self._owners = dict.fromkeys(self._owners)
            for rule in self._rules:
                await self.call(*DBUS, "AddMatch", "s", rule)
            for name in self._owners:
                owner = await self.owner(name)
                # A change that came meanwhile is newer than the answer.
                self._owners[name] = self._owners[name] or owner
            self._tell(Connected())
            try:
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
            except Overflow:
                raise  # with a longer pause each time
            except Exception as error:  # noqa: BLE001 - dbus-next passes on whatever ended the connection
                self._tell(Disconnected(f"{type(error).__name__}: {error}"))
        finally:
            self._bus = None
            close(bus)

    async def owner(self, name: str) -> str | None:
        """Give the unique name of the owner of ``name``, None where it has none. Raises ``CallUnanswered``."""
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

    def _wants(self, header: Header) -> bool:
        """Whether to unpack a message: there is no reason to call us."""
        known = header.sender == DBUS[0] or header.sender in self._owners.values()
        return is_answer(header) or (is_signal(header) and known)

    def _on_message(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL or not message.sender:
            return
        body = tuple(_plain(value) for value in message.body)
        signal = Signal(message.sender, message.interface or "", message.member or "", body, message.path or "")
        match signal:
            case Signal(sender=sender, member="NameOwnerChanged", body=(str() as name, _, str() as owner)):
                if sender == DBUS[0] and name in self._owners:
                    self._owners[name] = owner or None
        self._tell(signal, signal.sender)


class Bus(MessageBus):
    """dbus-next's, 0.2.3, with three faults corrected.

    It unpacks all that is sent; this one looks at each message's header first, and unpacks what is ``wanted``.
    It leaves the socket of a bus that it cannot reach to the garbage collector; this one closes it. And where
    nothing has waited for the end of a connection, asyncio would log the error that ended it.
    """

    def __init__(self, wanted: Wanted = lambda _: True, **options: Any) -> None:
        super().__init__(**options)
        self._inflow = Inflow(wanted)
        self._disconnect_future.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    def end(self, error: Exception) -> None:
        """End the connection, for this reason."""
        self._finalize(error)

    def _finalize(self, err: Exception | None = None) -> None:
        MessageBus._finalize(self, err)  # noqa: SLF001 - so named in the base
        self._inflow.close()

    def _message_reader(self) -> None:
        # In the place of the base's, which goes on for as long as there is anything to read.
        try:
            data, control, *_ = self._sock.recvmsg(READ_BYTES, socket.CMSG_SPACE(4 * MOST_DESCRIPTORS))
            for message in self._inflow.take(data, _descriptors(control)):
                MessageBus._on_message(self, message)  # noqa: SLF001
            if not data:
                raise EOFError  # noqa: TRY301 - as the base's reader ends
        except BlockingIOError:
            pass
        except (OSError, EOFError, WireError) as error:
            self._finalize(error)

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
    try:
        async with asyncio.timeout(within):
            with closing_bus(Bus(is_answer, bus_type=BusType.SYSTEM, negotiate_unix_fd=True)) as bus:
                await bus.connect()
                message = Message(destination, path, interface, member, signature=signature, body=list(body))
                reply = await bus.call(message)
    except (TimeoutError, OSError, EOFError, AuthError, InvalidAddressError) as error:
        raise CallUnanswered(f"{member}: {type(error).__name__}: {error}") from error
    if reply is None or reply.message_type is MessageType.ERROR:
        raise CallFailed(reply.error_name or "" if reply else "", str(reply.body[0]) if reply and reply.body else "")
    if len(reply.unix_fds) != 1:
        for descriptor in reply.unix_fds:
            os.close(descriptor)
        raise CallFailed("", f"{member} returned {len(reply.unix_fds)} open files instead of one")
    return int(reply.unix_fds[0])


@contextmanager
def closing_bus(bus: Bus) -> Iterator[Bus]:
    """Close a bus in any case, also where its connection is still being made."""
    try:
        yield bus
    finally:
        close(bus)


def close(bus: MessageBus) -> None:
    """Leave the bus and close its socket: ``disconnect`` of dbus-next 0.2.3 leaves that to the garbage collector."""
    bus._finalize(None)  # noqa: SLF001 - calls that wait get no reply
    bus._stream.close()  # noqa: SLF001
    bus._sock.close()  # noqa: SLF001


def _descriptors(control: list[tuple[int, int, bytes]]) -> list[int]:
    """The open files that came with what was read (unix(7), SCM_RIGHTS)."""
    return [
        descriptor
        for level, kind, data in control
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        for (descriptor,) in struct.iter_unpack("i", data[: len(data) - len(data) % struct.calcsize("i")])
    ]


def _plain(value: Any) -> Any:
    """Unpack variants at any depth."""
    if isinstance(value, Variant):
        return _plain(value.value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
