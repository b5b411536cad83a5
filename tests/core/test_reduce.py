"""What is known beside the update: readiness, the web server, the panel, addresses and the view."""

from dataclasses import replace

import pytest

from mapio_display.core.commands import SaveWebEnabled
from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.event import Event, Observation, Request
from mapio_display.core.facts.network import Address, Network, NetworkChanged
from mapio_display.core.facts.panel import PanelFailed, PanelShown, PanelState
from mapio_display.core.facts.rauc import RaucFound, RaucLost, SlotsRead
from mapio_display.core.facts.shutdown import StopRequested
from mapio_display.core.facts.update import (
    AcknowledgeRequested,
    BundleRefused,
    OfUpdate,
    Phase,
    UploadFinished,
    UploadLost,
    UploadOpened,
)
from mapio_display.core.facts.web import WebClosed, WebListening, WebSwitched
from mapio_display.core.front.names import View
from mapio_display.core.front.view import current_view
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.reduce import HANDLERS
from mapio_display.core.update.transitions import RESULT_S
from mapio_display.errors import NotNow
from tests.core.conftest import SLOT_A, SLOT_B, Transcript

PANELS: tuple[Event, ...] = (PanelShown("home", full=True), PanelFailed("BUSY never fell"))
WEBS: tuple[Event, ...] = (WebListening(80), WebClosed(prose("port 80 is in use")), WebSwitched(enabled=False))
RAUCS: tuple[Event, ...] = (RaucFound(None), RaucLost(absent=True))


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("web", WEBS)
@pytest.mark.parametrize("rauc", RAUCS)
def test_ready_when_panel_web_server_and_rauc_are_each_known_good_or_bad(
    transcript: Transcript, panel: Event, web: Event, rauc: Event
) -> None:
    transcript.start()
    for event in (panel, web, rauc):
        assert not transcript.snapshot.daemon.ready
        transcript.feed(event)
    assert transcript.snapshot.daemon.ready


def test_every_event_is_taken_by_a_subject() -> None:
    # Twice each: with its slots a dataclass is another class.
    kinds = {kind.__name__ for base in (Request, Observation, OfUpdate) for kind in base.__subclasses__()}
    assert kinds - {"OfUpdate"} == {kind.__name__ for kind in HANDLERS}


def test_ready_stays_ready(running: Transcript) -> None:
    running.feed(PanelShown("home", full=True), WebClosed(prose("gone")), RaucLost(absent=True))
    assert running.snapshot.daemon.ready


def test_a_rauc_that_can_be_activated_is_available_though_it_is_not_running(running: Transcript) -> None:
    running.feed(RaucLost(absent=False))
    assert running.snapshot.rauc.available is True
    running.feed(RaucLost(absent=True))
    assert running.snapshot.rauc.available is False


def test_the_web_server_is_turned_off_and_that_is_remembered(running: Transcript) -> None:
    assert running.feed(WebSwitched(enabled=False)) == (SaveWebEnabled(False),)
    assert not running.snapshot.web.enabled


def test_the_web_server_is_not_turned_off_during_an_update(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "x", 1))
    with pytest.raises(NotNow):
        running.feed(WebSwitched(enabled=False))


def test_the_panels_refreshes_are_counted_by_kind(running: Transcript) -> None:
    running.feed(PanelShown("home", full=True), PanelShown("home", full=False), PanelShown("home", full=False))
    panel = running.snapshot.panel
    assert (panel.full_refreshes, panel.partial_refreshes, panel.state) == (1, 2, PanelState.OK)
    running.feed(PanelFailed("no answer"))
    assert running.snapshot.panel.state is PanelState.NOT_RESPONDING


ETH = Address("eth0", "192.168.1.20")
ETH6 = Address("eth0", "2001:db8::20")
WLAN = Address("wlan0", "10.0.0.5")


@pytest.mark.parametrize(
    ("network", "primary"),
    [
        (Network("eth0", (WLAN, ETH6, ETH)), ETH),
        (Network("wlan0", (ETH, WLAN)), WLAN),
        (Network(None, (ETH6, WLAN)), WLAN),
        (Network("eth0", (ETH6,)), ETH6),
        (Network("eth0", ()), None),
    ],
)
def test_the_address_reported_is_the_default_routes_and_ipv4_before_ipv6(
    network: Network, primary: Address | None
) -> None:
    assert network.primary == primary


@pytest.mark.parametrize(
    ("addresses", "port", "url"),
    [
        ((ETH,), 80, "http://192.168.1.20/"),
        ((ETH,), 8080, "http://192.168.1.20:8080/"),
        ((ETH6,), 80, "http://mapio.local/"),
        ((), 80, None),
    ],
)
def test_the_url_is_what_to_type(
    running: Transcript, addresses: tuple[Address, ...], port: int, url: str | None
) -> None:
    running.feed(NetworkChanged("eth0", addresses, "mapio"), WebListening(port))
    assert running.snapshot.url == url


def test_there_is_no_url_while_the_port_is_closed(running: Transcript) -> None:
    running.feed(NetworkChanged("eth0", (ETH,), "mapio"), WebClosed(prose("in use")))
    assert running.snapshot.url is None


def test_the_pin_is_in_no_text_made_from_the_snapshot(running: Transcript) -> None:
    assert running.snapshot.pin == "012345"
    assert "012345" not in repr(running.snapshot)


def test_the_booted_slots_version_is_known_though_rauc_never_installed_it(transcript: Transcript) -> None:
    transcript.start(version="1.3.0")
    delivered = (replace(SLOT_A, version=None), replace(SLOT_B, version=None))
    transcript.feed(SlotsRead(delivered, "rootfs.0"))
    assert [slot.version for slot in transcript.snapshot.slots] == ["1.3.0", None]


@pytest.mark.parametrize(
    ("result", "slot", "known"), [("succeeded", "B", "1.3.0"), ("failed", "B", None), ("succeeded", "A", None)]
)
def test_the_slot_that_ran_before_the_last_update_has_the_version_it_had(
    transcript: Transcript, result: str, slot: str, known: str | None
) -> None:
    transcript.start(version="1.4.0", last_update=LastUpdate("u", Result(result), "1.3.0", "1.4.0", slot, None))
    delivered = replace(SLOT_A, version=None, state="inactive")
    transcript.feed(SlotsRead((delivered, replace(SLOT_B, version="1.4.0", state="booted")), "rootfs.1"))
    assert [slot.version for slot in transcript.snapshot.slots] == [known, "1.4.0"]


# The view


def test_the_panel_says_starting_until_the_web_server_is_settled(transcript: Transcript) -> None:
    assert current_view(transcript.snapshot) is View.STARTING
    transcript.start()
    assert current_view(transcript.snapshot) is View.STARTING
    transcript.feed(WebListening(80))
    assert current_view(transcript.snapshot) == "home"


def test_a_web_server_that_is_not_wanted_is_settled(transcript: Transcript) -> None:
    transcript.start()
    transcript.feed(WebSwitched(False))
    assert current_view(transcript.snapshot) == "home"


def test_the_panel_rests_on_the_first_view_of_the_configured_order(transcript: Transcript) -> None:
    transcript.start(views=("webserver", "home"))
    transcript.feed(WebListening(80))
    assert current_view(transcript.snapshot) == "webserver"


def test_a_failure_stays_in_front_until_it_is_acknowledged(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "x", 1))
    assert current_view(running.snapshot) is View.UPDATE
    running.feed(UploadFinished("u1", 1), BundleRefused("u1", ""))
    running.mono += 10 * RESULT_S
    running.feed(Tick())
    assert current_view(running.snapshot) is View.RESULT
    running.feed(AcknowledgeRequested())
    assert current_view(running.snapshot) == "home"


def test_a_verdict_makes_way_for_home_after_a_while(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "x", 1), UploadLost("u1"))
    assert current_view(running.snapshot) is View.RESULT
    running.mono += RESULT_S
    running.feed(Tick())
    assert current_view(running.snapshot) == "home"


@pytest.mark.parametrize("rauc_absent", [False, True])
def test_a_boot_after_an_update_says_starting_until_it_is_judged(transcript: Transcript, rauc_absent: bool) -> None:
    record = Record("u1", Stage.INSTALLED, "the boot before", "A", "1.3.0", "B", "1.4.0")
    transcript.start(record=record)
    transcript.feed(WebListening(80))
    assert current_view(transcript.snapshot) is View.STARTING
    if rauc_absent:
        transcript.feed(RaucLost(absent=True))
        assert current_view(transcript.snapshot) == "home", "without RAUC there will be no verdict to wait for"
    else:
        transcript.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0"))
        assert current_view(transcript.snapshot) is View.RESULT


def test_at_the_end_the_panel_says_stopped(running: Transcript) -> None:
    running.feed(StopRequested())
    assert current_view(running.snapshot) is View.STOPPED


def test_at_the_end_of_an_update_the_panel_goes_on_saying_rebooting(running: Transcript) -> None:
    rebooting = replace(running.snapshot.update, phase=Phase.REBOOTING)
    running.snapshot = replace(running.snapshot, update=rebooting)
    running.feed(StopRequested())
    assert current_view(running.snapshot) is View.REBOOTING


@pytest.mark.parametrize(
    ("wall", "told"), [(0.0, None), (1_767_225_599.0, None), (1_767_225_600.0, "2026-01-01T00:00:00Z")]
)
def test_a_time_of_day_that_cannot_be_is_not_reported(transcript: Transcript, wall: float, told: str | None) -> None:
    transcript.mono = 0.0
    transcript.wall = wall
    transcript.start()
    transcript.feed(WebListening(80), PanelShown("home", full=True))
    daemon = transcript.snapshot.daemon
    assert (daemon.started_at, transcript.snapshot.panel.last_refresh_at) == (told, told)
    assert daemon.lifecycle is Lifecycle.RUNNING
