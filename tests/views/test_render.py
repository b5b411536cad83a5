"""What every view keeps to, whatever the gateway is called and whatever happened to it."""

import re
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.shutdown import Shutdown
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.failures import Failure
from mapio_display.core.frame import Box
from mapio_display.core.front.names import View
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.views import canvas as canvas_module
from mapio_display.views import stages
from mapio_display.views.canvas import Canvas
from mapio_display.views.names import names, resting
from mapio_display.views.render import paint, render
from mapio_display.views.sample import AT_REST, LONG_VERSION, LONGEST_NAME, UPDATED, sample, variants
from mapio_display.views.widgets import title
from mapio_display.words.catalogue import ENGLISH, Words, of
from mapio_display.words.languages import languages
from tests.views.conftest import drawn

PANELS = [(250, 122), (264, 176), (296, 128), (648, 480)]  # of the models the driver knows
TEXT = st.none() | st.text(max_size=200)
REASONS = st.none() | st.builds(prose, st.text(max_size=500))
VERSIONS = st.sampled_from(["1.4.0", LONG_VERSION, "v" * 80, "", None])
ADDRESSES = st.sampled_from(["192.168.1.123", "255.255.255.255", "fe80::1", "2001:db8:85a3:1234:5678:8a2e:370:7334"])


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    address = draw(st.none() | ADDRESSES)
    return replace(
        AT_REST,
        hostname=draw(st.sampled_from(["mapio", LONGEST_NAME, None])),
        os=OsRelease(version=draw(VERSIONS)),
        network=Network("eth0", (Address("eth0", address),) if address else ()),
        web=Web(
            enabled=draw(st.booleans()),
            listening=draw(st.booleans()),
            port=draw(st.sampled_from([80, 65535])),
            error=draw(REASONS),
        ),
        rauc=Rauc(draw(st.sampled_from([True, False, None]))),
        update=Update(
            draw(st.sampled_from(Step)),
            draw(st.sampled_from(Phase)),
            percent=draw(st.none() | st.integers(0, 100)),
            message=prose(draw(TEXT) or ""),
            bundle=draw(st.none() | st.builds(Bundle, st.text(max_size=200), version=VERSIONS)),
            error=draw(st.none() | st.builds(Failure, st.just("untrusted"), st.builds(prose, st.text(max_size=500)))),
        ),
        last_update=draw(
            st.none()
            | st.builds(
                LastUpdate,
                st.just("u1"),
                st.sampled_from(Result),
                VERSIONS,
                VERSIONS,
                TEXT,
                TEXT,
                REASONS,
            )
        ),
        pin=draw(st.sampled_from(["402915", "000000", None])),
        system=draw(st.builds(System, *(st.none() | st.integers(0, 2**50) for _ in range(8)))),
        slots=tuple(
            Slot("rootfs", draw(st.sampled_from(["A", "system0"])), "booted", "bad", draw(VERSIONS)) for _ in range(3)
        ),
        hotspot=Hotspot(
            draw(st.sampled_from(HotspotState)),
            ssid=draw(st.none() | st.text(max_size=32)),
            password=draw(st.sampled_from(["k7xq4nzt2h", "m" * 63, None])),
        ),
        clock=draw(st.sampled_from(["14:05", None])),
        shutdown=draw(st.sampled_from([*Shutdown, None])),
        stopped_at=draw(st.sampled_from(["14:05", None])),
    )


def canvases(snapshot: Snapshot, size: tuple[int, int], language: str = "en") -> list[Canvas]:
    return [paint(view, snapshot, size, of(language)) for view in names()]


def overlap(one: Box, other: Box) -> bool:
    return max(one.left, other.left) < min(one.right, other.right) and max(one.top, other.top) < min(
        one.bottom, other.bottom
    )


def orderly(canvas: Canvas) -> None:
    for field in canvas.fields:
        assert 0 <= field.left <= field.right <= canvas.width, f"{canvas.view}: {field}"
        assert 0 <= field.top <= field.bottom <= canvas.height, f"{canvas.view}: {field}"
    for one, other in combinations(canvas.fields, 2):
        assert not overlap(one, other), f"{canvas.view}: {one} and {other}"
    zoomed = [Box(*(canvas.zoom * edge for edge in (f.left, f.top, f.right, f.bottom))) for f in canvas.fields]
    assert set(canvas.frame().secrets) <= set(zoomed)


@settings(max_examples=60, deadline=None)
@given(snapshot=snapshots(), size=st.sampled_from(PANELS), language=st.sampled_from(languages()))
@example(snapshot=replace(variants()["home-all-bad"][1]), size=(250, 122), language="en")
@pytest.mark.slow
def test_fields_lie_in_the_picture_and_never_on_one_another(
    snapshot: Snapshot, size: tuple[int, int], language: str
) -> None:
    for canvas in canvases(snapshot, size, language):
        orderly(canvas)


@pytest.mark.parametrize("name", variants())
def test_each_variant_is_laid_out_in_order(name: str) -> None:
    for canvas in canvases(variants()[name][1], (250, 122)):
        orderly(canvas)


@pytest.mark.parametrize("language", languages()[1:])
@pytest.mark.parametrize("name", variants())
def test_each_variant_is_laid_out_in_order_in_each_language(name: str, language: str) -> None:
    view, snapshot = variants()[name]
    orderly(paint(view, snapshot, (250, 122), of(language)))


@pytest.mark.parametrize("language", languages()[1:])
def test_no_language_leaves_words_out_where_english_does_not(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short: list[str] = []

    def shorten(text: str, width: int, height: int) -> list[str]:
        short.append(text)
        return []

    def shortened(words: Words) -> set[str]:
        found = set()
        for name, (view, snapshot) in variants().items():
            short.clear()
            paint(view, snapshot, (250, 122), words)
            found |= {name} if short else set()
        return found

    monkeypatch.setattr(canvas_module, "_shortened", shorten)
    assert shortened(of(language)) - shortened(ENGLISH) == set()


@pytest.mark.parametrize("view", names())
@pytest.mark.parametrize("size", PANELS)
def test_a_frame_has_the_name_and_the_size_that_were_asked_for(view: str, size: tuple[int, int]) -> None:
    frame = render(view, sample(view), size, words=ENGLISH)
    assert (frame.view, frame.width, frame.height) == (view, *size)


def test_a_large_panel_gets_larger_letters_and_masks() -> None:
    small, large = (render("webserver", AT_REST, size, words=ENGLISH) for size in ((324, 240), (648, 480)))
    doubled = drawn(small).resize((648, 480), Image.Resampling.NEAREST)
    assert drawn(large).tobytes() == doubled.tobytes()
    assert [box.right for box in large.secrets] == [2 * box.right for box in small.secrets]


@pytest.mark.parametrize("view", names())
def test_the_same_snapshot_gives_the_same_frame(view: str) -> None:
    assert render(view, sample(view), words=ENGLISH) == render(view, sample(view), words=ENGLISH)


def test_states_that_differ_look_different() -> None:
    frames = {name: render(*variant, words=ENGLISH).bits for name, variant in variants().items()}
    alike = [names for names in combinations(frames, 2) if frames[names[0]] == frames[names[1]]]
    assert alike == []


@pytest.mark.parametrize("count", range(2, 8))  # the five views, a hotspot's, and the result of an update
def test_the_title_shows_by_dots_which_view_this_is_of_how_many(count: int) -> None:
    for number in range(count):
        canvas = Canvas("test", (250, 122))
        title(canvas, "Title", page=(number, count))
        column = drawn(canvas.frame()).crop((241, 0, 242, 20)).tobytes()
        dots = [len(dot) for dot in re.findall(rb"\xff+", column)]
        assert (len(dots), max(dots), dots.count(max(dots)), dots.index(max(dots))) == (count, 4, 1, number)
        assert (column[0], column[-1]) == (0, 0)


def test_the_time_of_day_is_on_the_last_picture_only_if_it_is_known() -> None:
    pictures = {
        render(View.STOPPED, replace(AT_REST, stopped_at=time), words=ENGLISH).bits for time in ("14:05", "14:06", None)
    }
    assert len(pictures) == 3


@pytest.mark.parametrize("view", [View.STOPPED, View.STARTING, View.REBOOTING])
def test_no_address_is_left_on_a_picture_that_is_not_live(view: str) -> None:
    elsewhere = replace(AT_REST, network=Network("eth0", (Address("eth0", "10.9.8.7"),)), hostname="other")
    assert render(view, AT_REST, words=ENGLISH) == render(view, elsewhere, words=ENGLISH)


def test_the_picture_that_is_not_live_has_a_white_title_bar() -> None:
    def blackness(view: str) -> int:
        return drawn(render(view, sample(view), words=ENGLISH)).crop((0, 0, 250, 20)).histogram()[0]

    assert all(blackness(view) > 3000 for view in set(names()) - {View.STOPPED, "webserver", View.HOTSPOT})
    assert blackness(View.STOPPED) < 1500


def test_a_failure_that_was_dismissed_is_no_alert_any_more() -> None:
    snapshot = variants()["home-rolled-back"][1]
    assert snapshot.last_update is not None
    seen = replace(snapshot, last_update=replace(snapshot.last_update, acknowledged=True))
    alert, quiet = (
        drawn(render("home", s, words=ENGLISH)).crop((0, 102, 250, 122)).histogram()[0] for s in (snapshot, seen)
    )
    assert alert > 3000
    assert quiet < 1000


@pytest.mark.parametrize("view", ["home", "status"])
def test_a_last_update_that_is_not_known_does_not_look_like_none(view: str) -> None:
    never = replace(AT_REST, last_update=None)
    unknown = replace(never, last_update_known=False)
    assert render(view, never, words=ENGLISH).bits != render(view, unknown, words=ENGLISH).bits


def test_the_status_names_the_interface_that_has_the_address() -> None:
    wireless = Network("wlan0", (Address("wlan0", "192.168.1.9"),))
    other_default = replace(wireless, default_interface="eth0")
    frames = [
        render("status", replace(AT_REST, network=network), words=ENGLISH) for network in (wireless, other_default)
    ]
    assert frames[0] == frames[1]


def test_the_result_names_the_version_that_runs_and_not_the_one_that_was_promised() -> None:
    promised = replace(UPDATED, last_update=LastUpdate("u1", Result.SUCCEEDED, "1.3.0", "9.9.9", "B", None))
    assert render(View.RESULT, promised, words=ENGLISH) == render(View.RESULT, UPDATED, words=ENGLISH)


def test_the_first_frame_loads_neither_codes_nor_picture_formats() -> None:
    program = (
        "import sys\n"
        "from mapio_display.core.front.names import View\n"
        "from mapio_display.core.snapshot import Daemon, Snapshot\n"
        "from mapio_display.views.render import render\n"
        "from mapio_display.words.catalogue import of\n"
        "render(View.STARTING, Snapshot(Daemon('0')), words=of('fr'))\n"
        "print(*sys.modules)\n"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "PIL.Image" in loaded
    slow = {"segno", "asyncio", "aiohttp", "jinja2", "numpy"}
    assert not [module for module in loaded if module in slow or module.endswith("ImagePlugin")]


def test_the_core_can_choose_each_view_in_stages_and_no_other() -> None:
    assert set(names()) - set(resting()) == set(View)
    folder = Path(stages.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(View)


def test_neither_configuration_nor_help_loads_pillow_to_list_the_views() -> None:
    program = "import sys, mapio_display.cli, mapio_display.config\nprint(*sys.modules)\n"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "mapio_display.views.names" in loaded
    assert not [module for module in loaded if module.split(".")[0] == "PIL" or ".core.facts" in module]
