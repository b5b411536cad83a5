"""The composition root: builds every part, hands each what it needs, and runs them in TaskGroups."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from mapio_display.board.parts import board_parts
from mapio_display.config import Config
from mapio_display.core.commands import (
    Command,
    ConnectWifi,
    ForgetTries,
    ForgetWifi,
    Inspect,
    Install,
    KeepWifi,
    LeaveWifi,
    PrepareWifi,
    ReadSlots,
    Reboot,
    ReleaseShutdown,
    RemoveBundle,
    Repair,
    SaveWebEnabled,
    ScanWifi,
    SetWifiCountry,
    StartHotspot,
    StopHotspot,
    WriteJournal,
)
from mapio_display.core.facts.daemon import Started
from mapio_display.core.facts.data import DataAwaited
from mapio_display.core.facts.data import DataPartition as Partition
from mapio_display.core.facts.hotspot import HotspotRules
from mapio_display.core.facts.shutdown import StopRequested
from mapio_display.core.frame import Frame
from mapio_display.core.record import Record, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.text import decoded
from mapio_display.durable import BootFile
from mapio_display.errors import ConfigError
from mapio_display.first_frame import FirstFrame
from mapio_display.frozen import Frozen
from mapio_display.host.authorized_keys import AuthorizedKeys
from mapio_display.host.bus import SystemBus
from mapio_display.host.clock import now as clocks
from mapio_display.host.clock import time_of_day
from mapio_display.host.data_partition import DataPartition
from mapio_display.host.hotspot import HotspotActor, is_interface
from mapio_display.host.logind import Logind
from mapio_display.host.network_file import has_interface
from mapio_display.host.picture import PictureSource
from mapio_display.host.source import Given, sources
from mapio_display.host.system import SystemSource
from mapio_display.host.systemd import Systemd
from mapio_display.host.wpa.place import Station, wait_for_wifi
from mapio_display.log import set_up_logging
from mapio_display.notify import SystemdNotifier, notify
from mapio_display.panel.screen import Screen
from mapio_display.progress import stuck_loop
from mapio_display.rauc.actor import UpdateActor
from mapio_display.rauc.journal import Journal
from mapio_display.rauc.rauc import Rauc
from mapio_display.rauc.repair import RepairUnit
from mapio_display.state import State
from mapio_display.transfer.intake import Intake
from mapio_display.transfer.store import BundleStore
from mapio_display.views import codes as _codes  # noqa: F401 - or the first press that shows one waits for segno
from mapio_display.views.picture import png
from mapio_display.views.render import render
from mapio_display.web.app import build_app
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.gate import Rules
from mapio_display.web.auth.session import Sessions
from mapio_display.web.auth.tries import Tries
from mapio_display.web.http.language import Languages
from mapio_display.web.http.server import LocalServer, WebServer
from mapio_display.words import catalogue
from mapio_display.words.log_lines import log_lines

if TYPE_CHECKING:
    from mapio_display.host.wpa.station import StationActor

log = logging.getLogger(__name__)

LAST_WRITES_S = 2.0  # at shutdown, for the journal and whether the web server is wanted
START_S = 90.0  # what a start may take besides the wait for the data partition
SAY_S = 5.0  # most data partitions are there sooner, and then there is nothing to say

STOPS = signal.SIGTERM, signal.SIGINT

Parts = dict[str, Coroutine[object, object, None]]
"""Parts of the daemon by name; each runs endlessly."""


class Kept(Frozen):
    """What is kept on the data partition, and who writes there."""

    directory: Path
    journal: Journal
    store: BundleStore
    credentials: Credentials
    tries: Tries
    actor: UpdateActor


def run(config: Config, first: FirstFrame, read_config: Callable[[], Config]) -> bool:
    """Run the daemon until SIGTERM or SIGINT; True is for starting it again, because it would start otherwise now.

    ``read_config`` reads the configuration once more, when the data partition is there. Its errors are for that start.
    """
    set_up_logging()

    async def serve() -> bool:
        return await _Daemon(config, first).serve(read_config)

    return asyncio.run(serve())


class _Daemon:
    """The parts, as they are plugged together."""

    def __init__(self, config: Config, first: FirstFrame) -> None:
        self._config = config
        self._words = catalogue.of(config.views.language)
        self._first = first
        self._kept: Kept | None = None
        self._state = State(first.snapshot, self._handle, clocks, report=_log)
        self._bus = SystemBus()
        self._rauc = Rauc(self._bus, self._state)
        self._logind = Logind(self._bus, self._state, time_of_day)
        spot = config.hotspot
        rules = HotspotRules(spot.interface, spot.address, spot.after)
        played = config.network.file
        self._exists = partial(has_interface, played) if played else is_interface
        self._hotspot = HotspotActor(
            self._state,
            Systemd(self._bus),
            spot.file,
            rules,
            spot.station_interface,
            unit=config.wifi.its_unit if config.wifi.interface == spot.station_interface else None,
            exists=self._exists,
        )
        self._station: StationActor | None = None
        self._size = first.driver.width, first.driver.height
        self._screen = Screen(self._state, self._draw, first.driver, first.memory, early=first.early)

    def _draw(self, view: str, snapshot: Snapshot) -> Frame:
        return render(view, snapshot, self._size, words=self._words)

    def _longest_start(self) -> float:
        """In how many seconds at the most it is ready."""
        return self._config.paths.data_wait + START_S

    def _stuck(self) -> str | None:
        """The loop that makes no progress; None if all do."""
        actors = [self._kept.actor.progress] if self._kept else []
        return stuck_loop((self._screen.progress, self._rauc.progress, *actors))

    def _handle(self, command: Command) -> None:
        if isinstance(command, ReleaseShutdown):
            self._logind.release()
            return
        assert self._kept is not None, "the core commands nothing else before it knows the data"
        match command:
            case WriteJournal() | Inspect() | Install() | Repair() | RemoveBundle() | ReadSlots() | Reboot():
                self._kept.actor.take(command)
            case SaveWebEnabled():
                self._kept.credentials.take(command)
            case ForgetTries():
                self._kept.tries.forget()
            case StartHotspot() | StopHotspot():
                self._hotspot.take(command)
            case (
                ScanWifi() | PrepareWifi() | ConnectWifi() | KeepWifi() | LeaveWifi() | ForgetWifi() | SetWifiCountry()
            ):
                assert self._station is not None, "only the station reports an interface to join with"
                self._station.take(command)
            case _:
                assert_never(command)

    async def serve(self, read_config: Callable[[], Config]) -> bool:
        """Run all parts until the last frame is on the glass, or there is reason to start again."""
        state, stopping = self._state, asyncio.Event()
        for number in STOPS:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        parts: Parts = {
            "state": state.run(),
            "rauc": self._rauc.run(),
            "logind": self._logind.run(),
            "bus": self._bus.run(),
            "systemd": notify(
                state, SystemdNotifier.from_environment(), self._stuck, self._longest_start(), self._words
            ),
            "stop": _stop_on_signal(stopping, state, self._logind),
            **_without_data(self._config, state, self._bus),
        }
        async with asyncio.TaskGroup() as group:
            shown = group.create_task(self._screen.run(), name="screen")
            again = group.create_task(self._serve_with_data(read_config), name="data")
            tasks = [group.create_task(part, name=name) for name, part in parts.items()]
            await asyncio.wait((shown, again), return_when=asyncio.FIRST_COMPLETED)
            if stopping.is_set():  # what there is to be started again for comes after that
                await asyncio.wait((shown,))
            stopped = shown.done()
            if not stopped:
                signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # for the next start, see cli/daemon.py
            if self._kept is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_WRITES_S):
                        await self._kept.actor.done()
                        await self._kept.credentials.done()
            for task in (shown, again, *tasks):
                task.cancel()
        if not stopped and stopping.is_set():  # at the last moment: the next start takes it up again
            signal.raise_signal(signal.SIGTERM)
        return not stopped

    async def _serve_with_data(self, read_config: Callable[[], Config]) -> None:
        """Go on when the data partition is there; returns when there is reason to start again."""
        paths = self._config.paths
        partition = DataPartition(paths.data_dir)
        there = await _wait_for_data(partition, self._state, paths.data_wait)
        if there and _reads_otherwise(read_config, self._config):
            log.info("The configuration on the data partition is another; starting again")
            return
        directory = paths.data_dir
        if not there:
            log.error("%s is not mounted: no updates, and nothing outlasts this boot", partition.mount_point)
            directory = paths.runtime_dir / "volatile"
        self._kept = self._keep(directory)
        self._state.dispatch(_started(self._config, self._first, self._kept, there=there))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(part, name=name) for name, part in self._with_data(self._kept, there=there).items()
            ]
            # What was loaded until now stays; looking through it for garbage
            # would stop the loop for ten milliseconds each time.
            gc.freeze()
            if there:
                await asyncio.gather(*tasks)  # endlessly
            await partition.wait()
            log.info("The data partition is there at last; starting again")
            for task in tasks:
                task.cancel()

    def _keep(self, directory: Path) -> Kept:
        journal, store = Journal(directory), BundleStore(directory / "uploads")
        repairs = RepairUnit(Systemd(self._bus))
        actor = UpdateActor(self._state, self._rauc, journal, store, self._logind, repairs=repairs)
        tries = Tries(self._config.paths.runtime_dir / "tries.json", self._first.boot_id)
        return Kept(directory, journal, store, Credentials(directory), tries, actor)

    def _with_data(self, kept: Kept, *, there: bool) -> Parts:
        """The parts that need the data partition, or what stands in for it, by name."""

        def picture(masked: bool) -> bytes | None:
            shown = self._screen.shown
            return None if shown is None else png(shown, masked=masked)

        config, state, web = self._config, self._state, self._config.web
        simulated = config.panel.gpio == "simulated"
        largest = config.update.max_bundle_bytes
        rules = Rules(web.require_pin, web.allowed_hosts, web.proxies, largest, web.links, buttons=simulated)
        ended = BootFile(config.paths.runtime_dir / "signed-out.json", self._first.boot_id)
        sessions = Sessions(kept.credentials, lambda: state.snapshot.boot_id, kept.tries, ended, state.dispatch)
        keys = AuthorizedKeys(config.ssh.file) if config.ssh.enabled else None
        languages = Languages(config.views.language)
        build = partial(
            build_app,
            *(state, kept.store, picture, kept.credentials, rules),
            keys=keys,
            stuck=self._stuck,
            languages=languages,
        )
        app, local_app = build(sessions=sessions), build(sessions=None)
        parts: Parts = {
            "credentials": kept.credentials.run(),
            "actor": kept.actor.run(),
            "system": SystemSource(state, config.paths.data_dir if there else None).run(),
            "web": WebServer(state, app, web.host, web.port, languages=languages, proxies=web.proxies).run(),
            "local": LocalServer(local_app, config.paths.runtime_dir / "api.sock", languages).run(),
        }
        if config.wifi.enabled:
            parts["wifi"] = self._run_station()
        if config.hotspot.enabled:  # whether the web server is wanted is kept there
            parts["hotspot"] = self._hotspot.run()
        if config.releases.url:
            parts["releases"] = self._releases(kept)
        if "custom" in config.views.order:
            path = config.views.picture or config.paths.data_dir / "custom.png"
            parts["picture"] = PictureSource(state, path, self._size).run()
        return parts

    def _releases(self, kept: Kept) -> Coroutine[object, object, None]:
        from mapio_display.releases.actor import Releases  # noqa: PLC0415 - few look for newer bundles
        from mapio_display.releases.downloads import Downloads  # noqa: PLC0415
        from mapio_display.releases.fetcher import Fetcher  # noqa: PLC0415
        from mapio_display.releases.kept import KeptFile  # noqa: PLC0415

        config, fetcher = self._config, Fetcher()
        intake = Intake(self._state, kept.store, config.update.max_bundle_bytes)
        return Releases(
            self._state,
            fetcher,
            KeptFile(kept.directory),
            Downloads(self._state, intake, fetcher, remove=kept.store.remove),
            url=config.releases.url,
            identity=kept.credentials.identity,
            clock=clocks,
            daily=config.releases.check == "daily",
        ).run()

    async def _run_station(self) -> None:
        """Run Wi-Fi where there is any; what that takes is loaded only then."""
        wifi, units = self._config.wifi, Systemd(self._bus)
        station = Station(wifi.interface, wifi.its_file, wifi.its_unit, self._config.hotspot.file)
        if await wait_for_wifi(self._state, units, station, self._exists):
            from mapio_display.host.wpa.station import StationActor  # noqa: PLC0415 - see above

            self._station = StationActor(self._state, units, station, exists=self._exists)
            await self._station.run()


def _log(before: Snapshot, after: Snapshot) -> None:
    """Log what changed."""
    for line in log_lines(before, after):
        log.log(logging.WARNING if line.grave else logging.INFO, "%s", line.text)


async def _wait_for_data(partition: DataPartition, state: State, seconds: float) -> bool:
    """Wait for the data partition, and say so if it takes long; False if it does not come in time."""
    async with asyncio.TaskGroup() as group:

        async def say() -> None:
            await asyncio.sleep(SAY_S)
            state.dispatch(DataAwaited())

        saying = group.create_task(say())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await partition.wait()
        saying.cancel()
    return partition.is_there


def _reads_otherwise(read_config: Callable[[], Config], config: Config) -> bool:
    """Say whether the configuration is another with the file on the data partition, or is mistaken."""
    try:
        return read_config() != config
    except ConfigError:
        return True


def _started(config: Config, first: FirstFrame, kept: Kept, *, there: bool) -> Started:
    """Read the journal, clear up the store, and report to the core where the daemon starts from."""
    record, last_update = kept.journal.load()
    _clean_up(kept.store, record, first.boot_id)
    return Started(
        boot_id=first.boot_id,
        os=first.snapshot.os,
        hostname=decoded(socket.gethostname()),
        pin=kept.credentials.pin,
        web_enabled=kept.credentials.web_enabled,
        web_host=None if config.web.host in ("", "0.0.0.0", "::") else config.web.host,  # noqa: S104
        web_port=config.web.port,
        wrong_pins=kept.tries.marked,
        reboot=config.update.reboot,
        views=config.views.order,
        buttons=config.buttons.gpio != "none" or config.panel.gpio == "simulated",  # which "press" presses
        data_partition=Partition.THERE if there else Partition.MISSING,
        record=record,
        received=kept.store.offset(record.id) if record else 0,
        last_update=last_update,
        last_update_known=there and not kept.journal.lost,
    )


def _without_data(config: Config, state: State, bus: SystemBus) -> Parts:
    """The parts that need nothing of the data partition, by name."""
    given = Given(config, state, bus)
    found = {name: run for name, source in sources().items() if (run := source(given)) is not None}
    return {**found, **board_parts(config, state)}


async def _stop_on_signal(stopping: asyncio.Event, state: State, logind: Logind) -> None:
    """Stop at SIGTERM or SIGINT, knowing what for if that can be known."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)  # see cli/daemon.py
    await stopping.wait()
    kind = state.snapshot.shutdown or await logind.going()
    state.dispatch(StopRequested(kind, time_of_day()))


def _clean_up(store: BundleStore, record: Record | None, boot_id: str | None) -> None:
    try:
        if record is not None and record.resumable and record.stage is Stage.RECEIVING and record.boot_id != boot_id:
            store.reopen(record.id)
    except OSError as error:
        log.warning("The upload %s cannot be resumed: %s", record.id if record else "", error)
    try:
        store.keep_only(record.id if record else None)
    except OSError as error:
        log.warning("Old uploads cannot be removed: %s", error)
