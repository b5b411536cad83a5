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
    SetWifiCountry,
    WifiCommand,
)
from mapio_display.core.facts.wifi import (
    NO_ANSWER,
    NO_WIFI,
    NO_WPA3,
    NOT_FOUND,
    WRONG_PASSWORD,
    WifiFileFailed,
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
from mapio_display.host.wpa.control import Control
from mapio_display.host.wpa.file import Credentials, StationFile, country_of, credentials, load, store
from mapio_display.host.wpa.place import Station, UnitFilesPort
from mapio_display.host.wpa.questions import added, in_reach, known, scanned
from mapio_display.host.wpa.supplicant import Supplicant
from mapio_display.host.wpa.words import Listed, Says, connected_to, event_of

IDLE_S = 60.0  # without an event: wpa_supplicant is asked whether it is there
SCAN_S = 20.0
WORLD = "00"  # what is allowed everywhere (cfg80211's world regulatory domain)

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
        end = "DISABLE_NETWORK" if self.command.saved else "REMOVE_NETWORK"
        ended = [] if self.number in self.others else [f"{end} {self.number}"]
        return [*ended, *(f"ENABLE_NETWORK {other}" for other in self.others), "REASSOCIATE"]


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
        self._supplicant = Supplicant(units, station)
        self._interface = station.interface
        self._file = station.file
        self._other = station.other
        self._exists = exists
        self._commands: asyncio.Queue[WifiCommand] = asyncio.Queue()
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
            group.create_task(self._supplicant.follow(self._use, self._lost), name="wpa_supplicant")
            group.create_task(self._carry_out_all(), name="wifi commands")

    # wpa_supplicant, as it comes and goes

    async def _use(self, link: Control, joined: Ssid | None) -> None:
        self._state.dispatch(WifiJoined(joined))
        try:
            await self._listen(link)
        except asyncio.CancelledError:
            self._abandon(link)
            raise

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
                case SetWifiCountry():
                    await self._set_country(command.country)
                case _:
                    assert_never(command)

    async def _scan(self, command: ScanWifi) -> None:
        """Look for networks; where wpa_supplicant would not run, it does so for that only, and joins nothing."""
        if not self._exists(self._interface):
            self._state.dispatch(WifiScanFailed(NO_WIFI))
            return
        guest = False
        try:
            if self._supplicant.link is None:
                await asyncio.to_thread(self._make_ready)
                started = await self._supplicant.start()
                # One that every boot starts may only not have come so far; it is not stopped again.
                guest = started and (command.over_hotspot or not await self._supplicant.is_enabled())
            link = await self._supplicant.connected()
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
                await self._supplicant.stop()

    async def _networks(self, link: Control, request: str, *, alone: bool) -> list[WifiNetwork]:
        """Scan, and give what was found. With ``alone`` the results of no other scan will do."""
        ended = self._scans = asyncio.Queue()
        try:
            async with asyncio.timeout(SCAN_S):
                while not await scanned(link, request, ended) and alone:
                    pass
        except TimeoutError as error:
            raise WpaError(f"no results within {SCAN_S:.0f} s") from error
        finally:
            self._scans = None
        return await in_reach(link)

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
            attempt.started = await self._supplicant.start()
            if attempt.restart and not attempt.started:
                await self._supplicant.restart()
            link = await self._supplicant.connected()
            able = [await link.ask(f"GET_CAPABILITY {what}") for what in ("auth_alg", "key_mgmt")]
            attempt.wpa3 = "SAE" in " ".join(able).split()
            listed = await known(link)
            attempt.others = [each.number for each in listed if each.enabled]
            if command.saved:
                number = _number_of(command.ssid, listed)
            else:
                number = await self._add(link, attempt)
            attempt.number = number
            await link.do(f"SELECT_NETWORK {number}")
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiJoinFailed(silent(str(error))))

    async def _add(self, link: Control, attempt: Attempt) -> int:
        """Add the network to wpa_supplicant's list, and give its number."""
        command = attempt.command
        attempt.network = await asyncio.to_thread(
            credentials,
            command.ssid,
            command.password,
            command.security,
            hidden=command.hidden,
            wpa3=attempt.wpa3 or command.security is Security.WPA3,
        )
        number = await added(link)
        for name, value in attempt.network.settings():
            await link.do(f"SET_NETWORK {number} {name} {value}")
        return number

    async def _keep(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is None or attempt.number is None:
            return
        network, ssid = attempt.network, attempt.command.ssid
        try:
            await self._change(lambda file: file.with_network(network) if network else file.preferring(ssid))
            await self._supplicant.enable()
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiJoinFailed(_not_saved(error)))
        else:
            self._state.dispatch(WifiKept())
        await self._report_saved()
        with suppress(WpaError):  # without it, the others are joined from the next start on
            link = await self._supplicant.connected()
            for each in await known(link):
                if network and each.ssid == ssid and each.number != attempt.number:
                    await link.do(f"REMOVE_NETWORK {each.number}")
                elif each.number in attempt.others:
                    await link.do(f"ENABLE_NETWORK {each.number}")

    async def _leave(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return
        try:
            if attempt.number is not None and (link := self._supplicant.link) is not None:
                for request in attempt.leaving():
                    await link.do(request)
        except WpaError as error:  # it ended, and its memory with it
            _log.debug("%s", error)
        if attempt.started:
            await self._supplicant.stop_unless_enabled()

    async def _forget(self, ssid: Ssid) -> None:
        try:
            if not (await self._change(lambda file: file.without(ssid))).saved:
                await self._supplicant.disable()
            elif (link := self._supplicant.link) is not None:
                for each in await known(link):
                    if each.ssid == ssid:
                        await link.do(f"REMOVE_NETWORK {each.number}")
                await link.do("REASSOCIATE")
        except (WpaError, UnitError) as error:
            self._state.dispatch(WifiFileFailed(_not_saved(error)))
        await self._report_saved(changed=True)

    async def _set_country(self, country: str | None) -> None:
        """Write the country; wpa_supplicant gets it at once where it runs, and else at its start."""
        try:
            await self._change(lambda file: file.ready(country_of(self._other)).with_country(country))
        except WpaError as error:
            self._state.dispatch(WifiFileFailed(_not_saved(error)))
        else:
            with suppress(WpaError):
                if (link := self._supplicant.link) is not None:
                    await link.ask(f"SET country {country or WORLD}")
        await self._report_saved(changed=True)

    # The file

    async def _report_saved(self, *, changed: bool = False) -> None:
        try:
            file = await asyncio.to_thread(load, self._file)
        except WpaError as error:
            _log.warning("Wi-Fi: %s", error)
            if changed:
                self._state.dispatch(WifiFileFailed(_not_saved(error)))
        else:
            country = file.country if file.text.strip() else country_of(self._other)
            self._state.dispatch(WifiSaved(file.saved, country, changed))

    def _make_ready(self, *, write: bool = False) -> bool:
        """Make the file one by which wpa_supplicant can be reached; say whether that changed it."""
        file = load(self._file)
        ready = file.ready(country_of(self._other))
        if write or ready is not file:
            store(self._file, ready)
        return ready is not file

    async def _change(self, change: Callable[[StationFile], StationFile]) -> StationFile:
        """Change the file, and give what it is then. Raises ``WpaError``."""

        def changed() -> StationFile:
            file = change(load(self._file))
            store(self._file, file)
            return file

        return await asyncio.to_thread(changed)


def _number_of(ssid: Ssid, listed: list[Listed]) -> int:
    """The number of a saved network in wpa_supplicant's list; raises ``WpaError``."""
    for each in listed:
        if each.ssid == ssid:
            return each.number
    raise WpaError("its list lacks a network that its file has")


def _not_saved(error: WpaError | UnitError) -> Failure:
    return error.failure if isinstance(error, WpaFileError) else not_saved(str(error))
