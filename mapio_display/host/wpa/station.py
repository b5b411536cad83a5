"""Wi-Fi as a station, carried out: what wpa_supplicant and systemd are asked, in which order, and what that leads to.

A network that is being joined is in wpa_supplicant's memory alone. Its file gets it when it has been joined: with a
wrong password nothing is lost, and a power cut in the middle leaves the file of before.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import assert_never

from mapio_display.core.commands import (
    ConnectWifi,
    ForgetWifi,
    KeepWifi,
    LeaveWifi,
    PrepareWifi,
    ScanWifi,
    WifiCommand,
)
from mapio_display.core.facts.wifi import (
    NO_ANSWER,
    NO_WIFI,
    NO_WPA3,
    NOT_FOUND,
    WRONG_PASSWORD,
    WifiForgetFailed,
    WifiFound,
    WifiJoined,
    WifiNetwork,
    WifiSaved,
    WifiScanFailed,
    WifiScanned,
    not_saved,
    silent,
)
from mapio_display.core.facts.wifi_join import WifiConnected, WifiJoinFailed, WifiKept, WifiPrepared, WifiTrouble
from mapio_display.core.failures import Failure
from mapio_display.core.protocols import StatePort
from mapio_display.core.ssid import Security, Ssid
from mapio_display.errors import UnitError, WpaError, WpaFileError
from mapio_display.host.wpa.control import Control, control
from mapio_display.host.wpa.file import (
    CONTROL,
    Credentials,
    country_of,
    credentials,
    load,
    store,
)
from mapio_display.host.wpa.place import Station, UnitFilesPort
from mapio_display.host.wpa.words import BSS_PAGE, Listed, Says, connected_to, event_of, found, listed

LONGEST_PAUSE_S = 60.0
LOOK_S = 5.0  # between two looks for wpa_supplicant, at first
OFTEN_S = 0.2  # the same while a command waits for it
COME_UP_S = 10.0
IDLE_S = 60.0  # without an event: wpa_supplicant is asked whether it is there
SCAN_S = 20.0
MOST_PAGES = 20

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Attempt:
    """A join under way: what it takes, and the network's number in wpa_supplicant once it has one.

    ``others`` are the numbers of those that it joins otherwise. ``restart`` says whether wpa_supplicant has to read its
    file anew, ``started`` whether it was started for this, ``heard`` whether the router has answered, and ``wpa3``
    whether the driver reports WPA3.
    """

    command: PrepareWifi
    restart: bool = False
    network: Credentials | None = None
    number: int | None = None
    others: list[int] = field(default_factory=list)
    started: bool = False
    heard: bool = False
    wpa3: bool = True

    def leaving(self) -> list[str]:
        """What is asked of wpa_supplicant to have it as it was before."""
        return [f"REMOVE_NETWORK {self.number}", *(f"ENABLE_NETWORK {other}" for other in self.others), "REASSOCIATE"]


class StationActor:
    """Reports to the core what the station is connected to, and carries out its commands.

    ``exists`` says whether there is an interface of a name.
    """

    def __init__(
        self,
        state: StatePort,
        units: UnitFilesPort,
        station: Station,
        *,
        exists: Callable[[str], bool],
    ) -> None:
        self._state = state
        self._units = units
        self._interface = station.interface
        self._file = station.file
        self._unit = station.unit
        self._other = station.other
        self._exists = exists
        self._commands: asyncio.Queue[WifiCommand] = asyncio.Queue()
        self._link: Control | None = None
        self._linked = asyncio.Event()
        self._wanted = asyncio.Event()
        self._scans: asyncio.Queue[int | Failure | None] | None = None
        self._attempt: Attempt | None = None

    def take(self, command: WifiCommand) -> None:
        """Put a command at the end of the queue."""
        self._commands.put_nowait(command)

    async def run(self) -> None:
        """Carry out commands without end."""
        self._state.dispatch(WifiFound(self._interface, available=True))
        await self._report_saved()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="wpa_supplicant")
            group.create_task(self._carry_out_all(), name="wifi commands")

    # wpa_supplicant, as it comes and goes

    async def _follow(self) -> None:
        """Be connected to wpa_supplicant whenever there is one."""
        folder, waiting = CONTROL, LOOK_S
        while True:
            with suppress(WpaError):
                folder = (await asyncio.to_thread(load, self._file)).folder or CONTROL
            try:
                async with control(folder / self._interface) as link:
                    self._state.dispatch(WifiJoined(connected_to(await link.ask("STATUS"))))
                    self._link = link
                    self._linked.set()
                    waiting = LOOK_S
                    try:
                        await self._listen(link)
                    except asyncio.CancelledError:
                        self._abandon(link)
                        raise
            except WpaError as error:
                _log.debug("%s", error)
                if self._link is not None:
                    self._lost(error)
            finally:
                self._link = None
                self._linked.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(waiting):
                    await self._wanted.wait()
                    await asyncio.sleep(OFTEN_S)
            waiting = min(2 * waiting, LONGEST_PAUSE_S)

    def _abandon(self, link: Control) -> None:
        """Leave wpa_supplicant as its file has it, when the daemon ends in the middle of a join."""
        if self._attempt is not None and self._attempt.number is not None:
            for request in self._attempt.leaving():
                link.send(request)

    def _lost(self, error: WpaError) -> None:
        self._state.dispatch(WifiJoined(None))
        self._end_scan(silent(str(error)))
        if self._attempt is not None and self._attempt.number is not None:
            self._attempt.number = None
            self._state.dispatch(WifiJoinFailed(silent(str(error))))

    async def _listen(self, link: Control) -> None:
        """Handle events until the connection is lost, which a question shows where none come."""
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    text = await link.event()
            except TimeoutError:
                await link.ask("PING")
            else:
                await self._handle(link, text)

    async def _handle(self, link: Control, text: str) -> None:
        event, attempt = event_of(text), self._attempt
        if event is None:
            return
        ours = attempt is not None and attempt.number is not None and event.network in (None, attempt.number)
        match event.says:
            case Says.CONNECTED:
                self._state.dispatch(WifiJoined(connected_to(await link.ask("STATUS"))))
                if ours and event.network is not None:
                    self._state.dispatch(WifiConnected())
            case Says.DISCONNECTED:
                self._state.dispatch(WifiJoined(None))
            case Says.SCANNED:
                self._end_scan(event.scan)
            case Says.SCAN_FAILED:
                self._end_scan(silent(text))
            case Says.WRONG_PASSWORD if ours:
                self._state.dispatch(WifiJoinFailed(WRONG_PASSWORD))
            case Says.REFUSED if ours and attempt is not None:
                attempt.heard = True
                self._state.dispatch(WifiTrouble(NO_ANSWER))
            case Says.NOT_FOUND if ours and attempt is not None and not attempt.heard:
                without = attempt.command.security is Security.WPA3 and not attempt.wpa3
                self._state.dispatch(WifiTrouble(NO_WPA3 if without else NOT_FOUND))

    async def _connected(self) -> Control:
        """The connection to wpa_supplicant, as soon as there is one. Raises ``WpaError``."""
        self._wanted.set()
        try:
            async with asyncio.timeout(COME_UP_S):
                await self._linked.wait()
        except TimeoutError as error:
            raise WpaError(f"{self._unit} gives no control socket within {COME_UP_S:.0f} s") from error
        finally:
            self._wanted.clear()
        assert self._link is not None
        return self._link

    async def _start(self) -> bool:
        """Start wpa_supplicant where it does not run, and say whether that was so."""
        runs = await self._units.is_active(self._unit)
        if runs is None:
            raise UnitError(f"There is no {self._unit}")
        if not runs:
            await self._units.start(self._unit)
        return not runs

    # What the core commands

    async def _carry_out_all(self) -> None:
        while True:
            command = await self._commands.get()
            match command:
                case ScanWifi():
                    await self._scan(command)
                case PrepareWifi():
                    await self._prepare(command)
                case ConnectWifi():
                    await self._connect()
                case KeepWifi():
                    await self._keep()
                case LeaveWifi():
                    await self._leave()
                case ForgetWifi():
                    await self._forget(command.ssid)
                case _:
                    assert_never(command)

    async def _scan(self, command: ScanWifi) -> None:
        """Look for networks; where wpa_supplicant would not run, it does so for that only, and joins nothing."""
        if not self._exists(self._interface):
            self._state.dispatch(WifiScanFailed(NO_WIFI))
            return
        guest = False
        try:
            if self._link is None:
                await asyncio.to_thread(self._make_ready)
                started = await self._start()
                # One that every boot starts may only not have come so far; it is not stopped again.
                guest = started and (command.over_hotspot or not await self._units.is_enabled(self._unit))
            link = await self._connected()
            if guest:
                await link.do("DISCONNECT")
            # One that has just started may be looking for its own networks, and breaks that off.
            networks = await self._networks(link, "SCAN TYPE=ONLY" if guest else "SCAN", alone=guest)
            await self._report_saved()  # it may have been written to by hand
            self._state.dispatch(WifiScanned(tuple(networks)))
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiScanFailed(silent(str(error))))
        finally:
            if guest:
                await self._stop()

    async def _networks(self, link: Control, request: str, *, alone: bool) -> list[WifiNetwork]:
        """Scan, and give what was found. With ``alone`` the results of no other scan will do."""
        ended = self._scans = asyncio.Queue()
        try:
            async with asyncio.timeout(SCAN_S):
                while not await _scanned(link, request, ended) and alone:
                    pass
        except TimeoutError as error:
            raise WpaError(f"no results within {SCAN_S:.0f} s") from error
        finally:
            self._scans = None
        networks: list[WifiNetwork] = []
        following: int | None = 0
        for _ in range(MOST_PAGES):
            page, last = found(await link.ask(BSS_PAGE.format(following)))
            networks += page
            if last is None:
                break
            following = last + 1
        return networks

    def _end_scan(self, outcome: int | Failure | None) -> None:
        if self._scans is not None:
            self._scans.put_nowait(outcome)

    async def _prepare(self, command: PrepareWifi) -> None:
        """Make the file ready to take the network, while the client can still be answered."""
        if not self._exists(self._interface):
            self._state.dispatch(WifiJoinFailed(NO_WIFI))
            return
        try:
            restart = await asyncio.to_thread(self._make_ready, write=True)
        except WpaError as error:
            self._state.dispatch(WifiJoinFailed(_not_saved(error)))
            return
        self._attempt = Attempt(command, restart=restart)
        self._state.dispatch(WifiPrepared())

    async def _connect(self) -> None:
        if (attempt := self._attempt) is None:
            return
        command = attempt.command
        try:
            attempt.started = await self._start()
            if attempt.restart and not attempt.started:
                if self._link is not None:
                    self._link.close()
                    self._linked.clear()
                await self._units.restart(self._unit)
            link = await self._connected()
            known = [await link.ask(f"GET_CAPABILITY {what}") for what in ("auth_alg", "key_mgmt")]
            attempt.wpa3 = "SAE" in " ".join(known).split()
            attempt.network = await asyncio.to_thread(
                credentials,
                command.ssid,
                command.password,
                command.security,
                hidden=command.hidden,
                wpa3=attempt.wpa3 or command.security is Security.WPA3,
            )
            attempt.others = [each.number for each in await _known(link) if each.enabled]
            number = await _added(link)
            for name, value in attempt.network.settings():
                await link.do(f"SET_NETWORK {number} {name} {value}")
            attempt.number = number
            await link.do(f"SELECT_NETWORK {number}")
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiJoinFailed(silent(str(error))))

    async def _keep(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is None or attempt.network is None:
            return
        try:
            await asyncio.to_thread(self._save, attempt.network)
            await self._units.enable(self._unit)
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiJoinFailed(_not_saved(error)))
        else:
            self._state.dispatch(WifiKept())
        await self._report_saved()
        with suppress(WpaError):  # without it, the others are joined from the next start on
            link = await self._connected()
            for each in await _known(link):
                if each.ssid == attempt.command.ssid and each.number != attempt.number:
                    await link.do(f"REMOVE_NETWORK {each.number}")
                elif each.number in attempt.others:
                    await link.do(f"ENABLE_NETWORK {each.number}")

    async def _leave(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return
        try:
            if attempt.number is not None and (link := self._link) is not None:
                for request in attempt.leaving():
                    await link.do(request)
        except WpaError as error:  # it ended, and its memory with it
            _log.debug("%s", error)
        if attempt.started:
            await self._stop_unless_enabled()

    async def _forget(self, ssid: Ssid) -> None:
        try:
            left = await asyncio.to_thread(self._remove, ssid)
            if not left:
                await self._units.disable(self._unit)
                await self._units.stop(self._unit)
            elif (link := self._link) is not None:
                for each in await _known(link):
                    if each.ssid == ssid:
                        await link.do(f"REMOVE_NETWORK {each.number}")
                await link.do("REASSOCIATE")
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiForgetFailed(_not_saved(error)))
        await self._report_saved()

    async def _stop_unless_enabled(self) -> None:
        try:
            enabled = await self._units.is_enabled(self._unit)
        except UnitError as error:
            _log.warning("Wi-Fi: %s", error)
        else:
            if not enabled:
                await self._stop()

    async def _stop(self) -> None:
        try:
            await self._units.stop(self._unit)
        except UnitError as error:
            _log.warning("Wi-Fi: %s", error)

    # The file

    async def _report_saved(self) -> None:
        try:
            file = await asyncio.to_thread(load, self._file)
        except WpaError as error:
            _log.warning("Wi-Fi: %s", error)
        else:
            self._state.dispatch(WifiSaved(file.saved))

    def _make_ready(self, *, write: bool = False) -> bool:
        """Make the file one by which wpa_supplicant can be reached; say whether that changed it."""
        file = load(self._file)
        ready = file.ready(country_of(self._other))
        if write or ready is not file:
            store(self._file, ready)
        return ready is not file

    def _save(self, network: Credentials) -> None:
        store(self._file, load(self._file).with_network(network))

    def _remove(self, ssid: Ssid) -> tuple[Ssid, ...]:
        file = load(self._file).without(ssid)
        store(self._file, file)
        return file.saved


async def _scanned(link: Control, request: str, ended: "asyncio.Queue[int | Failure | None]") -> bool:
    """Scan, and wait for the results; False where they are another scan's, which was under way.

    ``ended`` has each scan's end: the number of one that was asked for by number, or why it failed.
    """
    answer = await link.ask(f"{request} use_id=1")
    if answer != "FAIL-BUSY" and not answer.isdecimal():
        raise WpaError(f"{request}: {answer[:100]}")
    number = int(answer) if answer.isdecimal() else None
    while True:
        outcome = await ended.get()
        if isinstance(outcome, Failure):
            raise WpaError(outcome.detail or outcome.code)
        if number is None or outcome == number:
            return number is not None


def _not_saved(error: WpaError | UnitError) -> Failure:
    return error.failure if isinstance(error, WpaFileError) else not_saved(str(error))


async def _added(link: Control) -> int:
    """Add a network, and give its number."""
    answer = await link.ask("ADD_NETWORK")
    if not answer.isdecimal():
        raise WpaError(f"ADD_NETWORK: {answer[:100]}")
    return int(answer)


async def _known(link: Control) -> list[Listed]:
    """The networks in wpa_supplicant's list."""
    networks: list[Listed] = []
    for _ in range(MOST_PAGES):
        last = networks[-1].number if networks else -1
        page = listed(await link.ask(f"LIST_NETWORKS LAST_ID={last}"))
        networks += page
        if not page:
            break
    return networks
