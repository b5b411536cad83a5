"""The one way in: ``reduce`` takes a snapshot, an event and the time, and gives the next snapshot and the commands."""

from dataclasses import replace

from mapio_display.core import dating, hotspot, power, shutdown
from mapio_display.core.commands import Command, ForgetTries, SaveWebEnabled
from mapio_display.core.facts.buttons import ButtonLost, ButtonPressed, ButtonReleased, Front
from mapio_display.core.facts.clock import ClockTicked, Now, Tick
from mapio_display.core.facts.daemon import Lifecycle, Started
from mapio_display.core.facts.data import DataAwaited, DataPartition
from mapio_display.core.facts.event import Event, Request
from mapio_display.core.facts.network import InternetSeen, NetworkChanged
from mapio_display.core.facts.panel import Panel, PanelFailed, PanelRestored, PanelShown, PanelState
from mapio_display.core.facts.picture import PictureChanged
from mapio_display.core.facts.power import PowerSeen
from mapio_display.core.facts.rauc import Rauc, RaucFound, RaucLost, Slot, SlotsRead
from mapio_display.core.facts.system import SystemMeasured
from mapio_display.core.facts.web import PinChanged, SignInOpened, Web, WebClosed, WebListening, WebSwitched, WrongPins
from mapio_display.core.failures import UPDATE_UNDER_WAY
from mapio_display.core.front import buttons
from mapio_display.core.front.view import View, foremost_view
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.table import step
from mapio_display.errors import NotNow, Refused


def reduce(snapshot: Snapshot, event: Event, now: Now) -> tuple[Snapshot, tuple[Command, ...]]:
    """Take ``event``. Raises ``Refused`` for a request that is turned down; then nothing has changed."""
    foremost = foremost_view(snapshot)
    if isinstance(event, Started) and event.last_update is not None:
        snapshot = replace(snapshot, not_before=event.last_update.finished_at)
    now = dating.believed(snapshot, now)
    if isinstance(event, WebSwitched):
        snapshot, commands = _switch_web(snapshot, event)
    elif isinstance(event, SignInOpened):
        snapshot, commands = replace(snapshot, web=_open(snapshot.web)), (ForgetTries(),)
    else:
        snapshot, commands = step(shutdown.seen(_observe(snapshot, event, now), event), event, now)
        commands += shutdown.let_go(snapshot, event)
        if isinstance(event, PinChanged):
            commands += (ForgetTries(),)
    snapshot = hotspot.seen(snapshot, event, now)
    snapshot, wish = _pressed(snapshot, event, now)
    if wish is not None:
        try:
            snapshot, more = reduce(snapshot, wish, now)
        except Refused:
            snapshot = replace(snapshot, front=Front())  # the update's own view says why
        else:
            commands += more
    snapshot, switched = hotspot.settled(_settle(snapshot), now)
    snapshot, dates = dating.dated(snapshot, now)
    if _is_news(foremost, snapshot) or snapshot.front.turned_to not in (None, *snapshot.order):
        snapshot = replace(snapshot, front=Front())  # what is new goes before what somebody turned to, or that is gone
    return snapshot, commands + switched + dates


def wake_at(snapshot: Snapshot) -> float | None:
    """When a ``Tick`` is due at the latest, in seconds of CLOCK_MONOTONIC; None while nothing waits."""
    deadlines = (
        snapshot.update.deadline,
        snapshot.result_until,
        snapshot.web.wrong_pins_until,
        buttons.wake_at(snapshot),
        hotspot.wake_at(snapshot),
    )
    return min((at for at in deadlines if at is not None), default=None)


def _is_news(before: View, snapshot: Snapshot) -> bool:
    """Whether another view is foremost now; a hotspot's that is gone is nothing new to who looks at something else."""
    now = foremost_view(snapshot)
    went = before is View.HOTSPOT and now == snapshot.order[0] and snapshot.front.turned_to is not None
    return now is not before and not went


def _pressed(snapshot: Snapshot, event: Event, now: Now) -> tuple[Snapshot, Request | None]:
    match event:
        case ButtonPressed():
            return buttons.pressed(snapshot, event, now), None
        case ButtonReleased():
            return buttons.released(snapshot, event, now)
        case ButtonLost():
            return buttons.lost(snapshot, event, now), None
        case Tick():
            return buttons.ticked(snapshot, now)
        case _:
            return snapshot, None


def _observe(snapshot: Snapshot, event: Event, now: Now) -> Snapshot:
    match event:
        case Started():
            stops = snapshot.daemon.lifecycle is Lifecycle.STOPPING  # told to, while it waited for its data
            lifecycle = Lifecycle.STOPPING if stops else Lifecycle.STARTING
            return replace(
                snapshot,
                daemon=replace(snapshot.daemon, started_at=now.iso, lifecycle=lifecycle),
                started_mono=now.mono,
                boot_id=event.boot_id,
                os=event.os,
                hostname=snapshot.hostname or event.hostname,  # the network's source follows it
                pin=event.pin,
                web=_web(event),
                reboot=event.reboot,
                views=event.views,
                buttons=event.buttons,
                last_update=event.last_update,
                last_update_known=event.last_update_known,
                data_partition=event.data_partition,
            )
        case DataAwaited():
            return replace(snapshot, data_partition=DataPartition.AWAITED)
        case Tick():
            return _over(snapshot, now)
        case NetworkChanged():
            return replace(snapshot, network=event.network, hostname=event.hostname)
        case SystemMeasured() | PowerSeen() | ClockTicked() | PictureChanged():
            return _measured(snapshot, event)
        case InternetSeen(reached):
            return replace(snapshot, internet=reached)
        case WebListening(port):
            return replace(snapshot, web=replace(snapshot.web, listening=True, port=port, error=None))
        case WebClosed(error):
            return replace(snapshot, web=replace(snapshot.web, listening=False, error=error))
        case PinChanged(pin):
            return replace(snapshot, pin=pin, web=_open(snapshot.web))
        case WrongPins(address, until):
            return replace(snapshot, web=replace(snapshot.web, wrong_pins_from=address, wrong_pins_until=until))
        case PanelShown() | PanelRestored() | PanelFailed():
            return replace(snapshot, panel=_panel(snapshot.panel, event, now))
        case RaucFound(version):
            return replace(snapshot, rauc=Rauc(True, version))
        case RaucLost(absent, fails):
            # Gone from the bus but activatable means that the next call brings it back.
            return replace(snapshot, rauc=replace(snapshot.rauc, available=not (absent or fails), fails=fails))
        case SlotsRead():
            return replace(snapshot, slots=event.slots, primary=event.primary, last_error=event.last_error)
        case _:
            return snapshot


def _over(snapshot: Snapshot, now: Now) -> Snapshot:
    """What has been shown for long enough."""
    if snapshot.result_until is not None and now.mono >= snapshot.result_until:
        snapshot = replace(snapshot, result_until=None)
    if snapshot.web.wrong_pins_until is not None and now.mono >= snapshot.web.wrong_pins_until:
        snapshot = replace(snapshot, web=_open(snapshot.web))
    return snapshot


def _measured(snapshot: Snapshot, event: SystemMeasured | PowerSeen | ClockTicked | PictureChanged) -> Snapshot:
    match event:
        case SystemMeasured(system):
            return replace(snapshot, system=system)
        case PowerSeen():
            return replace(snapshot, power=power.seen(snapshot.power, event))
        case ClockTicked(time):
            return replace(snapshot, clock=time)
        case PictureChanged(picture):
            return replace(snapshot, picture=picture)


def _versioned(snapshot: Snapshot) -> tuple[Slot, ...]:
    """Fill in what RAUC does not know: it did not install the system a gateway is delivered with.

    That is the one that runs, or ran before the last update.
    """
    booted, last = snapshot.booted, snapshot.last_update
    came = last is not None and last.result is Result.SUCCEEDED and booted is not None and booted.bootname == last.slot
    others = [slot for slot in snapshot.slots if slot.bootname and slot is not booted]

    def known(slot: Slot) -> str | None:
        if slot is booted:
            return snapshot.os.version
        before = last is not None and slot.bootname and last.from_slot in (slot.bootname, None)
        is_it = last is not None and before and (last.from_slot is not None or len(others) == 1)
        return last.from_version if last is not None and came and is_it and not slot.incomplete else None

    return tuple(replace(slot, version=known(slot)) if slot.version is None else slot for slot in snapshot.slots)


def _panel(panel: Panel, event: PanelShown | PanelRestored | PanelFailed, now: Now) -> Panel:
    match event:
        case PanelShown(view, full):
            return replace(
                panel,
                state=PanelState.OK,
                view=view,
                full_refreshes=panel.full_refreshes + full,
                partial_refreshes=panel.partial_refreshes + (not full),
                last_refresh_at=now.iso,
            )
        case PanelRestored():
            return Panel(
                PanelState.OK if event.view else None,
                event.view,
                event.full_refreshes,
                event.partial_refreshes,
                event.last_refresh_at,
            )
        case PanelFailed():
            return replace(panel, state=PanelState.NOT_RESPONDING)


def _switch_web(snapshot: Snapshot, event: WebSwitched) -> tuple[Snapshot, tuple[Command, ...]]:
    if not event.enabled and snapshot.updating:
        raise NotNow(UPDATE_UNDER_WAY)
    if not event.enabled:
        return replace(snapshot, web=replace(snapshot.web, enabled=False, error=None)), (SaveWebEnabled(False),)
    web = replace(_open(snapshot.web), enabled=True, error=None)
    return replace(snapshot, web=web), (SaveWebEnabled(True), ForgetTries())


def _open(web: Web) -> Web:
    """Nothing is shown of wrong PINs any more, because they are forgotten."""
    return replace(web, wrong_pins_from=None, wrong_pins_until=None)


def _web(event: Started) -> Web:
    address, until = event.wrong_pins or (None, None)
    return Web(
        enabled=event.web_enabled,
        host=event.web_host,
        port=event.web_port,
        wrong_pins_from=address,
        wrong_pins_until=until,
    )


def _settle(snapshot: Snapshot) -> Snapshot:
    """Derive where the daemon stands from what is known by now."""
    daemon, web = snapshot.daemon, snapshot.web
    waiting = daemon.lifecycle is Lifecycle.WAITING
    web_settled = not waiting and (web.listening or web.error is not None or not web.enabled)
    if daemon.lifecycle is Lifecycle.STARTING and web_settled:
        daemon = replace(daemon, lifecycle=Lifecycle.RUNNING)
    if web_settled and snapshot.panel.state is not None and snapshot.rauc.available is not None:
        daemon = replace(daemon, ready=True)
    slots = _versioned(snapshot)
    same = (daemon, slots) == (snapshot.daemon, snapshot.slots)
    return snapshot if same else replace(snapshot, daemon=daemon, slots=slots)
