"""RAUC over D-Bus, any version from 1.8 on: what it can do is tried and not guessed from a version number.

Names and meanings are those of RAUC's reference, "D-Bus API", interface ``de.pengutronix.rauc.Installer``. Three
things it does are worth knowing when reading this file:

- While it installs, it refuses every call, but its signals and properties stay good. So a refused ``GetSlotStatus``
  proves that an install is running; the ``Operation`` property proves nothing, because a refused second
  ``InstallBundle`` sets it to "idle" in mid-install.
- It forgets an install when it restarts: there is no ``Completed`` then, only a change of the name's owner.
- Its errors carry English text and no codes.
"""

import asyncio
import logging
from typing import Any

from mapio_display.core.facts.rauc import (
    RaucBusyObserved,
    RaucCompleted,
    RaucFound,
    RaucInstalling,
    RaucLost,
    RaucProgress,
    Slot,
    SlotsRead,
)
from mapio_display.core.failures import Why
from mapio_display.core.protocols import StatePort
from mapio_display.errors import RaucBusy, RaucError, RaucUnavailable, UnitError
from mapio_display.host.bus import DBUS, CallFailed, CallUnanswered, Connected, Disconnected, Signal, SystemBus
from mapio_display.host.systemd import Systemd
from mapio_display.progress import Progress
from mapio_display.rauc.texts import is_busy, says_nothing, step, why, writes_slot

log = logging.getLogger(__name__)

NAME = "de.pengutronix.rauc"
UNIT = "rauc.service"
PATH = "/"
INTERFACE = "de.pengutronix.rauc.Installer"
PROPERTIES = "org.freedesktop.DBus.Properties"

RULES = (
    f"type='signal',sender='{NAME}'",
    f"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{NAME}'",
)

# What the bus answers where a service that it starts takes too long: that one may still come up.
STARTS_SLOWLY = ("org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.NoReply")
CALL_S = 20.0
HASH_S = 120.0  # where RAUC reads the whole bundle before it answers
BUSY_RETRY_S = 0.25
LONGEST_S = 150.0  # half a dozen calls, each with its time-out
ASK_AGAIN_S = 15.0  # while RAUC can be reached in principle and does not answer
LONGEST_TEXT = 2000
MOST_MESSAGES = 100  # different ones in one install; RAUC has some twenty


class Rauc:
    """Calls RAUC, and turns its signals into events.

    A call is given up after ``call_s`` seconds, and a RAUC that does not answer is asked again every ``ask_again_s``.
    """

    def __init__(
        self, bus: SystemBus, state: StatePort, *, call_s: float = CALL_S, ask_again_s: float = ASK_AGAIN_S
    ) -> None:
        self._bus = bus
        self._units = Systemd(bus)
        self._inbox = bus.follow(*RULES)
        self._state = state
        self._call_s = call_s
        self._ask_again_s = ask_again_s
        self._owner: str | None = None
        self._last_error = ""
        self._has_inspect = True
        self._answers = True
        self._bus_is_lost = False
        self._warned = ""
        self._odd_progress = False
        self._messages: list[str] = []  # of the install under way, the newest at the end
        self.progress = Progress("rauc")

    async def run(self) -> None:
        """Follow the bus and RAUC's signals, endlessly."""
        while True:
            item = await self._heard()
            with self.progress.working(LONGEST_S):
                await self._take(item)

    async def _heard(self) -> Connected | Disconnected | Signal | None:
        """The next that happens; None when a RAUC that has not answered is to be asked again."""
        try:
            async with asyncio.timeout(None if self._answers else self._ask_again_s):
                return await self._inbox.get()
        except TimeoutError:
            return None

    async def _take(self, item: Connected | Disconnected | Signal | None) -> None:
        match item:
            case None:
                await self._look_for_rauc()
            case Connected():
                self._bus_is_lost = False
                await self._look_for_rauc()
            case Disconnected(reason):
                if not self._bus_is_lost:  # reported once, and not at every try
                    log.warning("D-Bus is not reachable: %s", reason)
                self._bus_is_lost = True
                self._owner, self._answers = None, True
                self._state.dispatch(RaucLost(absent=True))
            case Signal() as signal:
                # RAUC's answer to a call may have come in one read with its signals, and in front of this one.
                # Its waiter goes first, or the end of an install would be handled before its beginning.
                await asyncio.sleep(0)
                await self._on_signal(signal)

    async def read_slots(self) -> None:
        """Dispatch what RAUC says of its slots, or that it is busy installing. Raises ``RaucUnavailable``."""
        try:
            status = await self._call("GetSlotStatus")
            primary = await self._primary()
            last_error = _text(await self._property("LastError")) or ""
        except RaucBusy:
            self._state.dispatch(RaucBusyObserved())
        except RaucError as error:
            raise RaucUnavailable(f"RAUC does not report its slots: {error}") from error
        else:
            self._state.dispatch(
                SlotsRead(_slots(status), primary, last_error, why(last_error) if last_error else Why.UNKNOWN)
            )

    async def inspect(self, bundle: str) -> str | None:
        """Have RAUC verify the bundle at this path, and return its version.

        None where this RAUC does not say what is wrong with a bundle before it is asked to install it. Raises
        ``RaucError`` with RAUC's text, ``RaucBusy`` where it still installs for another program after two minutes, or
        ``RaucUnavailable``.
        """
        busy: RaucBusy | None = None
        try:
            async with asyncio.timeout(HASH_S):
                while True:
                    try:
                        return await self._inspect(bundle)
                    except RaucBusy as error:
                        # A call of ours from before a restart of the daemon may still be hashing.
                        busy = error
                        await asyncio.sleep(BUSY_RETRY_S)
        except TimeoutError as error:
            raise busy or RaucUnavailable(f"RAUC has not looked into the bundle within {HASH_S:g} s") from error

    async def install(self, bundle: str) -> None:
        """Begin to install the bundle at this path; ``RaucCompleted`` will say how it ended.

        Raises ``RaucError`` if RAUC will not begin, ``RaucUnavailable`` if it did not answer and may have begun.
        """
        self._last_error = ""
        self._messages.clear()
        await self._call("InstallBundle", "sa{sv}", bundle, {}, within=HASH_S)

    async def _inspect(self, bundle: str) -> str | None:
        if self._has_inspect:
            try:
                info = _value(await self._call("InspectBundle", "sa{sv}", bundle, {}, within=HASH_S))
            except _NoSuchMethod:
                self._has_inspect = False
            else:
                update = info.get("update") if isinstance(info, dict) else None
                return (_text(update.get("version")) or None) if isinstance(update, dict) else None
        try:
            compatible_and_version = await self._call("Info", "s", bundle, within=HASH_S)
        except RaucError as error:
            if not says_nothing(str(error)):
                raise
            # It says the same while it installs for another program, and then it must not be asked to install.
            await self._primary()
            return None
        return _text(_value(compatible_and_version, 1)) or None  # 1.8 calls no version an empty one

    async def _look_for_rauc(self) -> None:
        """Find out whether RAUC is there or can be started, and what its slots are."""
        activatable = False
        try:
            self._answers = True
            self._owner = await self._bus.owner(NAME)
            activatable = await self._activatable()
            if self._owner is None and not activatable:
                self._state.dispatch(RaucLost(absent=True))
                return
            compatible = await self._compatible()
            await self.read_slots()
        except (CallFailed, CallUnanswered, RaucUnavailable) as error:
            self._warn(str(error))
            self._answers = False
            fails = activatable and await self._has_failed(error)
            self._state.dispatch(RaucLost(absent=True, fails=fails, slow=not fails))
        else:
            self._warned = ""
            self._state.dispatch(RaucFound(version=None, compatible=compatible))

    def _warn(self, text: str) -> None:
        """Log a warning, once as long as nothing else is wrong: RAUC is asked again and again."""
        if text != self._warned:
            self._warned = text
            log.warning("%s", text)

    async def _has_failed(self, error: Exception) -> bool:
        """Whether RAUC, which the bus can start, has ended at its start. Without an answer it may only be slow.

        The bus reports that where it starts RAUC itself. Where systemd does that for it, only systemd knows.
        """
        try:
            if await self._bus.owner(NAME) is not None:
                return False
            cause = error.__cause__ if isinstance(error, RaucUnavailable) else error
            if isinstance(cause, CallFailed) and cause.name not in STARTS_SLOWLY:
                return True
            return await self._units.has_failed(UNIT)
        except (CallUnanswered, UnitError):
            return False

    async def _activatable(self) -> bool:
        return NAME in (_value(await self._bus.call(*DBUS, "ListActivatableNames")) or ())

    async def _on_signal(self, signal: Signal) -> None:
        match signal:
            case Signal(sender="org.freedesktop.DBus", member="NameOwnerChanged", body=(name, _, new)) if name == NAME:
                self._has_inspect, self._odd_progress = True, False
                self._messages.clear()
                if new:
                    await self._look_for_rauc()
                else:
                    await self._on_owner_gone()
            case Signal(sender=sender) if sender != self._owner:
                return  # any program may send a signal that looks like RAUC's
            case Signal(member="PropertiesChanged", interface=interface, body=(_, dict() as changed, _)):
                if interface == PROPERTIES:
                    self._on_properties(changed)
            case Signal(member="Completed", interface=interface, body=(int() as result,)) if interface == INTERFACE:
                await self._on_completed(result)
            case _:
                log.debug("Passed over a signal of RAUC's: %s.%s", signal.interface, signal.member)

    async def _on_owner_gone(self) -> None:
        self._owner = None
        try:
            absent = not await self._activatable()
        except (CallFailed, CallUnanswered):
            absent = True
        self._state.dispatch(RaucLost(absent=absent))

    def _on_properties(self, changed: dict[str, Any]) -> None:
        last_error = _text(changed.get("LastError"))
        if last_error is not None:
            self._last_error = last_error
        # Only the beginning is news: "idle" also comes in mid-install, when a second one is refused.
        if changed.get("Operation") == "installing":
            self._state.dispatch(RaucInstalling())
        match changed.get("Progress"):
            case [int() as percent, str() as message, int()] if 0 <= percent <= 100:
                text = self._message(message[:LONGEST_TEXT])
                self._state.dispatch(RaucProgress(percent, text, writing=writes_slot(text), known=step(text)))
            case None:
                pass
            case other:
                if not self._odd_progress:
                    log.warning("RAUC's Progress has an unknown form: %.200r", other)
                self._odd_progress = True

    def _message(self, text: str) -> str:
        """What RAUC is at: ``text``, or the last text again where it repeats itself or never ends."""
        if text not in self._messages and len(self._messages) < MOST_MESSAGES:
            self._messages.append(text)
        return self._messages[-1]

    async def _on_completed(self, result: int) -> None:
        self._messages.clear()
        meaning = why(self._last_error) if result else Why.UNKNOWN
        self._state.dispatch(RaucCompleted(result, self._last_error, meaning))
        try:
            await self.read_slots()
        except RaucUnavailable as error:
            log.warning("%s", error)

    async def _primary(self) -> str | None:
        try:
            return _text(_value(await self._call("GetPrimary")))
        except RaucBusy:
            raise
        except RaucError as error:
            log.warning("RAUC does not know the primary slot: %s", error)
            return None

    async def _compatible(self) -> str | None:
        try:
            return _text(await self._property("Compatible")) or None
        except RaucError:
            return None  # it reports that when it is given a bundle

    async def _property(self, name: str) -> Any:
        return _value(await self._call_interface(PROPERTIES, "Get", "ss", INTERFACE, name))

    async def _call(self, member: str, signature: str = "", *body: Any, within: float | None = None) -> tuple[Any, ...]:
        return await self._call_interface(INTERFACE, member, signature, *body, within=within)

    async def _call_interface(
        self, interface: str, member: str, signature: str, *body: Any, within: float | None = None
    ) -> tuple[Any, ...]:
        within = self._call_s if within is None else within
        try:
            return await self._bus.call(NAME, PATH, interface, member, signature, *body, within=within)
        except CallUnanswered as error:
            raise RaucUnavailable(f"RAUC does not answer: {error}") from error
        except CallFailed as error:
            text = str(error)[:LONGEST_TEXT]
            if error.name == "org.freedesktop.DBus.Error.UnknownMethod":
                raise _NoSuchMethod(text) from error
            if error.name.startswith("org.freedesktop.DBus.Error."):
                # The bus itself answers: the name has no owner, or its owner went away.
                raise RaucUnavailable(f"RAUC does not answer: {text}") from error
            if is_busy(text):
                raise RaucBusy(text) from error
            raise RaucError(text) from error


class _NoSuchMethod(RaucError):
    """A call that this RAUC is too old for."""


def _slots(status: tuple[Any, ...]) -> tuple[Slot, ...]:
    """Take GetSlotStatus' ``a(sa{sv})``, which has no order; entries of an unknown form are left out."""
    rows = status[0] if status and isinstance(status[0], list) else []
    slots = (
        Slot(
            name=row[0],
            bootname=_text(row[1].get("bootname")),
            state=_text(row[1].get("state")),
            boot_status=_text(row[1].get("boot-status")),
            version=_version(row[1]),
            installed_at=_text(row[1].get("installed.timestamp")),
            installed_count=_count(row[1].get("installed.count")),
            activated_count=_count(row[1].get("activated.count")),
            slot_class=_text(row[1].get("class")),
            status=_text(row[1].get("status")),
            filesystem=_text(row[1].get("type")),
            device=_text(row[1].get("device")),
            mounted=bool(row[1].get("mountpoint")),
        )
        for row in rows
        if isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict)
    )
    return tuple(sorted(slots, key=lambda slot: slot.name))


def _version(status: dict[str, Any]) -> str | None:
    """What the slot holds: RAUC names the bundle also where its write failed, or had only begun."""
    return (_text(status.get("bundle.version")) or None) if status.get("status") in (None, "ok") else None


def _value(reply: tuple[Any, ...], index: int = 0) -> Any:
    """One value of a reply; None where there are fewer."""
    return reply[index] if index < len(reply) else None


def _text(value: Any) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
