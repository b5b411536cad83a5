"""The pages as the gateway makes them: they say what the snapshot says, and nothing in it can become markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mapio_display.core.facts.daemon import Daemon
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.panel import Panel, PanelState
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.release import Release
from mapio_display.core.facts.services import SERVICES, Service, ServiceState
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.failures import Failure, failure
from mapio_display.core.message import message, prose
from mapio_display.core.record import LastUpdate, Origin, Record, Result, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.resources import resource
from mapio_display.web.auth.gate import Rules
from mapio_display.web.pages.assets import TYPES
from mapio_display.web.pages.pages import Pages
from mapio_display.words.catalogue import ENGLISH
from tests.web.gateway import serving

NO_RESTART = Failure("reboot-failed", prose("It did not restart."))
EVIL = "<script>alert('1')</script>\" onerror=\"x"
LAST = LastUpdate(
    "u0", Result.ROLLED_BACK, "1.3.0", "1.5.0", "B", "2026-11-23T14:05:00Z", prose("Slot B did not start.")
)
AT_REST = Snapshot(
    Daemon("0", ready=True),
    boot_id="11111111-aaaa",
    os=OsRelease("mapio", "1.3.0", "Mapio OS distribution 1.3.0"),
    hostname="mapio",
    network=Network("eth0", (Address("eth0", "192.168.1.20"), Address("wlan0_ap", "10.50.0.1"))),
    web=Web(listening=True),
    rauc=Rauc(True, "1.11"),
    slots=(Slot("rootfs.0", "A", "booted", "good", "1.3.0"), Slot("rootfs.1", "B", "inactive", "bad", "1.2.0")),
    last_update=LAST,
    panel=Panel(PanelState.OK, "home", 3, 5),
    pin="012345",
)


def updating(phase: Phase, step: Step | None = None, **rest: object) -> Snapshot:
    """An update of 1.4.0 under way."""
    update = Update(step or Step(phase.value), phase, "u1", bundle=Bundle("x.raucb", 2**21, 2**20, "1.4.0"))
    return replace(AT_REST, update=replace(update, **rest))  # type: ignore[arg-type]


class Markup(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "input", "br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\N{NO-BREAK SPACE}", " ")

    def find(self, tag: str, **attributes: str) -> dict[str, str | None] | None:
        return next((a for t, a in self.elements if t == tag and attributes.items() <= a.items()), None)


DOCKER = Service("Docker", "docker.service", ServiceState.FAILED)


def home(snapshot: Snapshot) -> Markup:
    page = Pages({"Home Assistant": "http://{host}:8123/"})
    return _markup(page.home(snapshot, "mapio.local", ENGLISH, part_only=False).text)


def ota(snapshot: Snapshot, *, signed_in: bool = True) -> Markup:
    return _markup(Pages({}).update(snapshot, ENGLISH, signed_in=signed_in, part_only=False).text)


def _markup(html: str | None) -> Markup:
    assert html is not None
    markup = Markup(html)
    assert markup.open == []
    return markup


def test_home_shows_what_the_panel_shows() -> None:
    page = home(AT_REST)
    for said in (
        *("1.3.0", "Mapio OS distribution 1.3.0", "mapio", "192.168.1.20", "eth0", "10.50.0.1", "http://192.168.1.20/"),
        *("booted", "inactive", "bad", "1.2.0", "Update rolled back", "1.3.0 → 1.5.0", "Slot B did not start."),
    ):
        assert said in page.text
    assert page.find("a", href="/update", **{"class": "button wide"})
    assert page.find("a", href="http://mapio.local:8123/")
    assert "012345" not in page.text


def test_home_shows_another_picture_when_the_panel_does() -> None:
    def address(snapshot: Snapshot) -> str | None:
        image = home(snapshot).find("img", **{"class": "glass"})
        return image["src"] if image else None

    drawn_again = replace(AT_REST, panel=replace(AT_REST.panel, partial_refreshes=6))
    addresses = {address(AT_REST), address(drawn_again)}
    assert len(addresses) == 2
    assert all(str(one).startswith("/api/panel.png?") for one in addresses)
    dead = replace(AT_REST, panel=Panel(PanelState.NOT_RESPONDING))
    assert address(dead) is None
    assert "does not answer" in home(dead).text
    assert address(replace(AT_REST, panel=Panel())) is None


@pytest.mark.parametrize(
    ("snapshot", "says"),
    [
        (Snapshot(Daemon("0")), "unknown"),
        (Snapshot(Daemon("0")), "none; check the network cable"),
        (replace(AT_REST, rauc=Rauc(False)), "RAUC is missing"),
        (replace(AT_REST, rauc=Rauc(False, slow=True)), "RAUC has not answered yet"),
        (replace(AT_REST, web=Web(enabled=False)), "off"),
        (replace(AT_REST, web=Web(error=message("port.in-use", port=80))), "Port 80 is in use"),
        (replace(AT_REST, last_update=None), "None so far"),
        (updating(Phase.INSTALLING, percent=47), "Version 1.4.0 is being installed. 47 %"),
        (updating(Phase.INSTALLED), "The update waits for a restart"),
        (
            updating(Phase.INSTALLED, error=NO_RESTART),
            "It did not restart.",
        ),
        (updating(Phase.RECEIVING, cut_off=True), "The transfer was cut off at 50 %"),
        (updating(Phase.IDLE, Step.PAUSED), "The transfer was cut off at 50 %"),
        (replace(AT_REST, update=Update(Step.REBOOTING, Phase.REBOOTING)), "The gateway restarts This page comes"),
        (replace(AT_REST, system=System(data_total=4 * 10**9, data_free=1_200_000_000)), "1.2 GB of 4.0 GB free"),
        (replace(AT_REST, power=Power(False, None, 40, 3.5)), "no mains, battery 40 %"),
        (replace(AT_REST, power=Power(True, True, 80, 3.9)), "mains, battery 80 %, charging"),
        (AT_REST.knowing(SERVICES, (DOCKER, Service("MQTT", "mqtt.service"))), "Dockerfailed\nMQTTunknown"),
    ],
)
def test_home_is_true_in_each_state(snapshot: Snapshot, says: str) -> None:
    assert says in home(snapshot).text


@pytest.mark.parametrize(
    ("snapshot", "says"),
    [
        (updating(Phase.RECEIVING, percent=50), ["being transferred", "50 %", "1.0 MB of 2.1 MB", "Cancel"]),
        (
            updating(Phase.RECEIVING, cut_off=True, percent=50),
            ["cut off at 50 %", "x.raucb", "1.0 MB of 2.1 MB", "Give up"],
        ),
        (
            updating(Phase.IDLE, Step.PAUSED),
            ["cut off at 50 %", "x.raucb", "1.0 MB of 2.1 MB", "Give up"],
        ),
        (updating(Phase.INSPECTING), ["signature is being verified", "1.3.0", "1.4.0", "Do not unplug"]),
        (updating(Phase.INSPECTING, Step.PREPARING, message=prose("Checking")), ["Checking"]),
        (
            updating(Phase.INSTALLING, percent=47, message=prose("Copying image")),
            ["is being installed", "47 %", "Copying"],
        ),
        (updating(Phase.INSTALLING, Step.FINISHING, percent=100), ["100 %"]),
        (
            updating(Phase.INSTALLING, Step.JUDGING, message=prose("RAUC stopped")),
            ["finds out what became", "RAUC stopped"],
        ),
        (
            replace(AT_REST, update=Update(Step.FOREIGN, Phase.INSTALLING, percent=40)),
            ["Another program is installing", "40 %", "Do not unplug"],
        ),
        (updating(Phase.INSTALLED, percent=100), ["is installed", "Restart now"]),
        (
            updating(Phase.INSTALLED, error=NO_RESTART),
            ["It did not restart."],
        ),
        (updating(Phase.REBOOTING, Step.ANNOUNCING), ["restarts into version 1.4.0", "comes back by itself"]),
        (updating(Phase.REBOOTING, Step.ANNOUNCING), ["In 10 s at the latest"]),
        (replace(AT_REST, update=Update(Step.REBOOTING, Phase.REBOOTING)), ["The gateway restarts."]),
        (updating(Phase.REBOOTING, Step.JUDGING), ["has restarted and finds out"]),
        (
            replace(updating(Phase.REBOOTING, Step.JUDGING), rauc=Rauc(False)),
            ["RAUC, which knows what became of the update, does not answer"],
        ),
        (
            updating(Phase.FAILED, error=Failure("damaged", prose("Not a bundle."), "raw <b>")),
            ["Not a bundle.", "raw <b>"],
        ),
        (AT_REST, ["Update rolled back", "Slot B did not start."]),
        (replace(AT_REST, last_update=replace(LAST, result=Result.SUCCEEDED)), ["Update succeeded", "1.3.0 → 1.5.0"]),
        (replace(AT_REST, rauc=Rauc(False)), ["No updates possible"]),
    ],
)
def test_ota_is_true_in_each_state(snapshot: Snapshot, says: list[str]) -> None:
    page = ota(snapshot)
    for said in says:
        assert said in page.text


def test_a_last_update_that_is_not_known_is_not_reported_as_none() -> None:
    never = replace(AT_REST, last_update=None)
    missing = replace(never, data_partition=DataPartition.MISSING, last_update_known=False)
    for snapshot, says in (
        (never, "None so far."),
        (replace(never, last_update_known=False), "Not known: its journal cannot be read."),
        (missing, "Not known without the data partition."),
    ):
        assert says in home(snapshot).text


def test_a_result_that_was_dismissed_is_not_shown_again_on_the_ota_page() -> None:
    assert "rolled back" not in ota(replace(AT_REST, last_update=replace(LAST, acknowledged=True))).text


def test_an_older_bundle_is_called_older_and_a_newer_one_is_not() -> None:
    running = updating(Phase.INSTALLING)
    older = replace(running, os=replace(running.os, version="1.10.0"))
    assert "older than the version in use" in ota(older).text
    assert "no page to come back with" in ota(older).text
    restarting = updating(Phase.REBOOTING)
    assert "minute or two. This page comes back" in ota(restarting).text
    assert "minute or two. This page comes back" not in ota(replace(restarting, os=older.os)).text
    assert "older" not in ota(running).text


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("signed_in", [True, False])
def test_the_form_is_there_when_a_bundle_can_be_sent_and_only_then(phase: Phase, signed_in: bool) -> None:
    page = ota(AT_REST if phase is Phase.IDLE else updating(phase), signed_in=signed_in)
    form, sign_in = page.find("form", id="upload"), page.find("form", id="sign-in")
    assert form is not None
    assert sign_in is not None
    assert ("hidden" not in form) == (signed_in and phase in (Phase.IDLE, Phase.FAILED))
    assert ("hidden" not in sign_in) == (not signed_in)


def test_the_rest_of_a_bundle_is_sent_by_the_script_only() -> None:
    page = ota(updating(Phase.RECEIVING, cut_off=True))
    form, state = page.find("form", id="upload"), page.find("div", id="state")
    assert form is not None
    assert state is not None
    assert ("hidden" in form, state["data-open"]) == (True, "yes")


def test_without_javascript_a_page_that_waits_loads_itself_again() -> None:
    assert ota(updating(Phase.INSTALLING)).find("meta", **{"http-equiv": "refresh"})
    assert not ota(AT_REST).find("meta", **{"http-equiv": "refresh"})  # a reader may be choosing a file


def test_nothing_from_outside_becomes_markup() -> None:
    evil = replace(
        updating(
            Phase.FAILED, error=Failure("x", prose(EVIL), EVIL), message=prose(EVIL), bundle=Bundle(EVIL, 1, 1, EVIL)
        ),
        os=OsRelease(EVIL, EVIL, EVIL),
        boot_id=EVIL,
        hostname=EVIL,
        network=Network("eth0", (Address(EVIL, EVIL),)),
        web=Web(error=prose(EVIL)),
        slots=(Slot(EVIL, EVIL, EVIL, EVIL, EVIL),),
        last_update=LastUpdate("u", Result.FAILED, EVIL, EVIL, EVIL, EVIL, prose(EVIL)),
        panel=Panel(PanelState.OK, EVIL),
    ).knowing(SERVICES, (Service(EVIL, EVIL),))
    snapshots = [replace(evil, update=replace(evil.update, phase=phase)) for phase in Phase]
    scripts = [attributes["src"] for tag, attributes in home(AT_REST).elements if tag == "script"]
    for snapshot in snapshots:
        for page in (home(snapshot), ota(snapshot)):
            assert [attributes["src"] for tag, attributes in page.elements if tag == "script"] == scripts
            assert not any("onerror" in attributes for _, attributes in page.elements)


def heard(text: str | None) -> str:
    """What a screen reader finds in the part that it speaks of when it changes."""
    status = re.search(r'(?s)<div role="status" aria-atomic="false">(.*?)<(section|progress)', text or "")
    assert status is not None
    return re.sub(r'<span aria-hidden="true">.*?</span>', "", status[1])


def test_progress_is_announced_in_tens_and_not_at_every_percent() -> None:
    pages = Pages({})
    before, later, more = (updating(Phase.INSTALLING, percent=percent) for percent in (41, 49, 50))
    at_home = [heard(pages.home(s, "mapio", ENGLISH, part_only=True).text) for s in (before, later, more)]
    assert at_home[0] == at_home[1] != at_home[2]
    at_ota = [heard(pages.update(s, ENGLISH, signed_in=True, part_only=True).text) for s in (before, later, more)]
    assert at_ota[0] == at_ota[1] != at_ota[2]


def test_the_page_that_is_shown_is_marked_in_the_list_of_pages() -> None:
    for page, address in ((home(AT_REST), "/"), (ota(AT_REST), "/update")):
        marked = [attributes["href"] for _, attributes in page.elements if attributes.get("aria-current") == "page"]
        assert marked == [address]


def test_no_page_has_script_or_style_of_its_own() -> None:
    for page in (home(AT_REST), ota(AT_REST), ota(updating(Phase.INSTALLING, percent=3))):
        for tag, attributes in page.elements:
            assert tag != "style"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            assert tag != "script" or attributes["src"]


def test_every_field_has_a_label() -> None:
    page = ota(AT_REST, signed_in=False)
    labels = {attributes["for"] for tag, attributes in page.elements if tag == "label"}
    fields = {about["id"] for tag, about in page.elements if tag == "input" and about.get("type") != "hidden"}
    assert fields == labels == {"pin", "bundle"}


async def test_assets_are_kept_by_browsers_as_long_as_they_are_the_same(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        page = (await gateway.ask("GET", "/")).body.decode()
        addresses = set(re.findall(r'"(/assets/[^"]+)"', page))
        folder = next(iter(addresses)).rpartition("/")[0]
        assert {
            f"{folder}/{name}" for name in ("plain.js", "page.js", "style.css", "icon.svg", "icon.png")
        } == addresses
        for address in (f"{folder}/{name}" for name in TYPES):
            answer = await gateway.ask("GET", address)
            assert (answer.status, "immutable" in answer.headers["cache-control"]) == (200, True)
            mark = address.split("/")[2]
            other = await gateway.ask("GET", address.replace(mark, "another"))
            assert (other.status, other.headers["cache-control"]) == (200, "no-store")
        assert (await gateway.ask("GET", f"/assets/{mark}/home.html")).status == 404


def test_the_page_loads_every_script_by_its_imports() -> None:
    loaded, waiting = set(), ["page.js"]
    while waiting:
        name = waiting.pop()
        loaded.add(name)
        source = resource("assets", name).read_text("utf-8")
        waiting += set(re.findall(r'from "\./([a-z-]+\.js)"', source)) - loaded
    assert loaded == {name for name in TYPES if name.endswith(".js")} - {"plain.js"}


async def test_a_refusal_is_a_page_for_who_asks_for_one(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules()) as gateway:
        answer = await gateway.ask("POST", "/update", headers={"Accept": "text/html"})
        assert (answer.status, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
        page = Markup(answer.body.decode())
        assert "needs the PIN" in page.text
        assert page.find("form", id="sign-in")


def test_each_slot_is_the_header_of_its_row() -> None:
    rows = [attributes for tag, attributes in home(AT_REST).elements if tag == "th" and attributes["scope"] == "row"]
    assert len(rows) == len(AT_REST.slots)


@pytest.mark.parametrize(
    ("snapshot", "code"),
    [
        (AT_REST, "interrupted"),
        (replace(AT_REST, last_update=None), ""),
        (replace(AT_REST, rauc=Rauc(False)), "rauc-unavailable"),
        (updating(Phase.FAILED, error=Failure("damaged", prose("Not a bundle."))), "damaged"),
        (updating(Phase.INSTALLING), ""),
    ],
)
def test_the_script_learns_which_failure_the_page_explains(snapshot: Snapshot, code: str) -> None:
    state = ota(snapshot).find("div", id="state")
    assert state is not None
    assert state["data-explains"] == code


@pytest.mark.parametrize(
    ("snapshot", "title"),
    [
        (AT_REST, "OTA Update"),
        (updating(Phase.RECEIVING, percent=50), "Transfer 50 % – OTA Update"),
        (updating(Phase.INSPECTING), "Verify – OTA Update"),
        (updating(Phase.INSTALLING, percent=47), "Install 47 % – OTA Update"),
        (updating(Phase.REBOOTING, Step.ANNOUNCING), "Restart – OTA Update"),
    ],
)
def test_the_title_has_the_step_and_the_progress(snapshot: Snapshot, title: str) -> None:
    assert f"<title>{title}</title>" in (
        Pages({}).update(snapshot, ENGLISH, signed_in=True, part_only=False).text or ""
    )


NEWER = Release(enabled=True, version="1.4.0", notes=f"- {EVIL}", size=314572800, checked_at="2026-11-28T14:05:00Z")


def test_an_offer_is_on_both_pages_with_its_notes_as_text_and_its_size() -> None:
    offered = replace(AT_REST, release=NEWER)
    for page in (home(offered), ota(offered)):
        assert "1.4.0 is available (315 MB)" in page.text
        assert EVIL in page.text
        assert not any("onerror" in attributes for _, attributes in page.elements)
    assert ota(offered).find("form", action="/api/release/install?version=1.4.0")
    assert ota(offered).find("form", action="/api/release/dismiss")
    assert home(offered).find("a", href="/update", **{"class": "button"})  # signing in is there


def test_a_dismissed_offer_is_on_the_ota_page_only() -> None:
    dismissed = replace(AT_REST, release=replace(NEWER, dismissed=True))
    assert "is available" not in home(dismissed).text
    assert "is available" in ota(dismissed).text
    assert ota(dismissed).find("form", action="/api/release/dismiss") is None


def test_where_no_server_is_asked_the_pages_do_not_mention_it() -> None:
    for page in (home(AT_REST), ota(AT_REST)):
        assert "newer version" not in page.text
        assert not any("/api/release" in str(attributes.get("action")) for _, attributes in page.elements)


def test_what_became_of_the_last_check_is_on_the_ota_page() -> None:
    failed = failure("no-answer", host="example.org")
    page = ota(replace(AT_REST, release=replace(NEWER, version=None, error=failed)))
    assert "There is no newer version." in page.text
    assert "The last check failed. The server example.org does not answer." in page.text
    assert page.find("time", datetime="2026-11-28T14:05:00Z")
    assert "Not checked yet." in ota(replace(AT_REST, release=Release(enabled=True))).text
    looking = ota(replace(AT_REST, release=Release(enabled=True, checking=True)))
    assert "Looking for a newer version" in looking.text
    assert looking.find("form", action="/api/release/check") is None


def test_a_download_that_did_not_begin_says_why_and_can_be_tried_again() -> None:
    release = replace(NEWER, download_error=failure("bad-answer.page"))
    page = ota(replace(AT_REST, release=release))
    assert "The download did not begin" in page.text
    assert page.find("form", action="/api/release/install?version=1.4.0")


def test_an_interrupted_download_asks_for_no_file() -> None:
    record = Record("u1", Stage.RECEIVING, None, None, None, resumable=True, origin=Origin("http://example.org/m"))
    page = ota(updating(Phase.RECEIVING, cut_off=True, record=record))
    assert "The download was interrupted at 50 %" in page.text
    assert "It resumes by itself" in page.text
    assert "Choose the same file" not in page.text
    assert page.find("div", **{"data-open": "no"})
