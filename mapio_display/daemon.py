"""The composition root: builds every part, hands each what it needs, and runs them in one TaskGroup."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import assert_never

from mapio_display import __version__
from mapio_display.config import Config
from mapio_display.core.commands import (
    Command,
    Inspect,
    Install,
    LetGo,
    ReadSlots,
    Reboot,
    RemoveBundle,
    SaveWebEnabled,
    WriteJournal,
)
from mapio_display.core.events import Button, Started, StopRequested
from mapio_display.core.frame import Frame
from mapio_display.core.lights import battery_light, system_light
from mapio_display.core.record import Record, Stage
from mapio_display.core.snapshot import Daemon, Lifecycle, Snapshot
from mapio_display.core.view import View
from mapio_display.core.words import in_a_line
from mapio_display.first_frame import FirstFrame
from mapio_display.log import set_up_logging
from mapio_display.notify import SystemdNotifier, watchdog_interval
from mapio_display.panel.screen import Screen
from mapio_display.sources.clock import ClockSource, time_of_day
from mapio_display.sources.internet import InternetSource
from mapio_display.sources.leds import Leds
from mapio_display.sources.network import NetworkSource
from mapio_display.sources.os_release import read_os_release
from mapio_display.sources.picture import PictureSource
from mapio_display.sources.system import SystemSource
from mapio_display.sources.voltage import VoltageSource
from mapio_display.state import State
from mapio_display.update.actor import UpdateActor
from mapio_display.update.bus import SystemBus
from mapio_display.update.journal import Journal
from mapio_display.update.logind import Logind
from mapio_display.update.rauc import Rauc
from mapio_display.update.store import BundleStore
from mapio_display.views.picture import png
from mapio_display.views.render import render
from mapio_display.web.app import Rules, build_app
from mapio_display.web.credentials import Credentials
from mapio_display.web.server import LocalServer, WebServer

log = logging.getLogger(__name__)

LAST_WRITES_S = 2.0  # at shutdown, for the journal


def run(config: Config, first: FirstFrame) -> int:
    """Run the daemon until SIGTERM or SIGINT, and give the exit status."""
    set_up_logging()
    asyncio.run(_serve(config, first))
    return 0


async def _serve(config: Config, first: FirstFrame) -> None:
    data_dir = config.paths.data_dir
    journal = Journal(data_dir)
    store = BundleStore(data_dir / "uploads")
    credentials = Credentials(data_dir)

    def handle(command: Command) -> None:
        match command:
            case WriteJournal() | Inspect() | Install() | RemoveBundle() | ReadSlots() | Reboot():
                actor.take(command)
            case LetGo():
                logind.let_go()
            case SaveWebEnabled(enabled):
                credentials.save_web_enabled(enabled)
            case _:
                assert_never(command)

    state = State(Snapshot(Daemon(__version__)), handle)
    bus = SystemBus()
    rauc = Rauc(bus, state)
    logind = Logind(bus, state, time_of_day)
    actor = UpdateActor(state, rauc, journal, store, logind)

    size = first.driver.width, first.driver.height

    def draw(view: View, snapshot: Snapshot) -> Frame:
        return render(view, snapshot, size)

    screen = Screen(state, draw, first.driver, first.memory, early=first.early)

    def picture(masked: bool) -> bytes | None:
        return None if screen.shown is None else png(screen.shown, masked=masked)

    web = config.web
    rules = Rules(web.require_pin, web.allowed_hosts, config.update.max_bundle_bytes, web.links)
    app = build_app(state, store, picture, credentials, rules)
    local_app = build_app(state, store, picture, credentials, rules, trusted=True)

    record, last_update = journal.load()
    _clean_up(store, record)
    state.dispatch(
        Started(
            boot_id=first.boot_id,
            os=read_os_release(config.paths.os_release),
            hostname=socket.gethostname(),
            pin=credentials.pin,
            web_enabled=credentials.web_enabled,
            web_host=None if config.web.host in ("", "0.0.0.0", "::") else config.web.host,  # noqa: S104
            web_port=config.web.port,
            reboot=config.update.reboot,
            views=config.views.order,
            buttons=config.buttons.gpio != "none" or config.board == "simulated",  # which "press" presses
            record=record,
            received=store.offset(record.id) if record else 0,
            last_update=last_update,
        )
    )

    network = config.network
    told = {config.leds.system: system_light, config.leds.battery: battery_light}
    lights = {name: light for name, light in told.items() if name}
    optional = {
        "internet": InternetSource(state, network.internet, network.port).run if network.internet else None,
        "buttons": _buttons(config, state),
        "charger": _charger(config, state),
        "voltage": VoltageSource(state, config.power.vcgencmd).run if config.power.vcgencmd else None,
        "leds": Leds(state, config.leds.path, lights).run if lights else None,
        "clock": ClockSource(state).run if config.views.clock else None,
        "picture": PictureSource(state, config.views.picture or data_dir / "custom.png", size).run
        if View.CUSTOM in config.views.order
        else None,
    }
    # What was loaded until now stays; looking through it for garbage
    # would stop the loop for ten milliseconds each time.
    gc.freeze()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(part, name=name)
            for name, part in (
                ("state", state.run()),
                ("network", NetworkSource(state).run()),
                ("system", SystemSource(state, data_dir).run()),
                *((name, run()) for name, run in optional.items() if run is not None),
                ("web", WebServer(state, app, config.web.host, config.web.port).run()),
                ("local", LocalServer(local_app, config.paths.runtime_dir / "api.sock").run()),
                ("actor", actor.run()),
                ("rauc", rauc.run()),
                ("logind", logind.run()),
                ("bus", bus.run()),
                ("stop", _stop_when_told(state, logind)),
                ("systemd", _tell_systemd(state, SystemdNotifier.from_environment())),
            )
        ]
        await screen.run()  # until the daemon is to stop and the last frame is on the glass
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WRITES_S):
                await actor.done()
        for task in tasks:
            task.cancel()


async def _stop_when_told(state: State, logind: Logind) -> None:
    """Stop at SIGTERM or SIGINT, knowing what for if that can be known."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()
    kind = state.snapshot.shutdown or await logind.going()
    state.dispatch(StopRequested(kind, time_of_day()))


def _buttons(config: Config, state: State) -> Callable[[], Coroutine[object, object, None]] | None:
    if config.buttons.gpio == "none":
        return None
    try:
        from mapio_display.sources.buttons import ButtonSource  # noqa: PLC0415 - gpiod is on boards only
    except ImportError as error:
        log.warning("The buttons cannot be read: %s", error)
        return None
    names = {Button.UP: config.buttons.up, Button.DOWN: config.buttons.down, Button.MID: config.buttons.mid}
    return ButtonSource(state, names).run


def _charger(config: Config, state: State) -> Callable[[], Coroutine[object, object, None]] | None:
    if not (config.power.mains or config.power.charging):
        return None
    try:
        from mapio_display.sources.power import ChargerSource  # noqa: PLC0415 - gpiod is on boards only
    except ImportError as error:
        log.warning("The charger cannot be read: %s", error)
        return None
    return ChargerSource(state, config.power.mains, config.power.charging).run


def _clean_up(store: BundleStore, record: Record | None) -> None:
    try:
        resumable = record is not None and record.resumable and record.stage is Stage.RECEIVING
        kept = [record.id] if record else []
        store.keep_only([] if resumable else kept, kept if resumable else [])
    except OSError as error:
        log.warning("Old uploads cannot be removed: %s", error)


async def _tell_systemd(state: State, notifier: SystemdNotifier) -> None:
    """Tell readiness, status and life; each beat of the watchdog shows that the event loop turns."""
    beat = watchdog_interval()
    ready = stopping = False
    line = ""
    while True:
        snapshot = state.snapshot
        daemon = snapshot.daemon
        news = ["WATCHDOG=1"] if beat else []
        if daemon.ready and not ready:
            ready = True
            news.append("READY=1")
            log.info("Ready")
        if daemon.lifecycle is Lifecycle.STOPPING and not stopping:
            stopping = True
            news.append("STOPPING=1")
        if in_a_line(snapshot) != line:
            line = in_a_line(snapshot)
            news.append(f"STATUS={line}")
        if news:
            notifier.send(*news)
        with suppress(TimeoutError):
            async with asyncio.timeout(beat):
                await state.after(snapshot)
