"""Whatever text or bytes come from outside, they can be shown, sent and printed, and nothing ends or hangs.

Names, files and D-Bus strings are anybody's: of any bytes, of any length, with lone surrogates, escapes for a terminal,
and controls that turn the direction of writing.
"""

import json
import logging
import os
import socket
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapio_display.board.power_file import read_power
from mapio_display.cli import main
from mapio_display.config import load_config
from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.rauc import Slot
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.facts.wifi import Joining, Wifi, WifiStage
from mapio_display.core.failures import Failure
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Record, Result, Stage
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.ssid import ssid_of
from mapio_display.core.status import from_json, to_json
from mapio_display.core.text import decoded
from mapio_display.core.typed import plain
from mapio_display.durable import BootFile, write_durably
from mapio_display.errors import ConfigError, HotspotError, StoreError
from mapio_display.first_frame import _after_update, read_boot_id
from mapio_display.host.hotspot import _read, _ssid
from mapio_display.host.os_release import read_os_release
from mapio_display.host.picture import read_picture
from mapio_display.log import _ForJournald
from mapio_display.panel.memory import Memory
from mapio_display.rauc.journal import Journal
from mapio_display.transfer.store import BundleStore
from mapio_display.views.codes import qr_code
from mapio_display.views.names import names
from mapio_display.views.render import render
from mapio_display.views.sample import AT_REST
from mapio_display.web.auth.credentials import Credentials
from mapio_display.web.auth.tries import Tries
from mapio_display.web.pages.pages import Pages
from mapio_display.words.catalogue import ENGLISH
from mapio_display.words.console import in_a_line, in_words
from mapio_display.words.log_lines import log_lines

pytestmark = pytest.mark.slow

SIZE = 250, 122
ANY = st.text(st.characters(exclude_categories=()), max_size=80)  # lone surrogates and all controls too
NASTY = st.sampled_from(["\x1b[2J\x9b31m", "\u202egpj.exe", "\ud800", "a\nb\r\x85\u2028c", "\0", "%s%d{}$x", "é" * 300])
TEXT = (ANY | NASTY).map(decoded)  # as the sources give it
RECORD = Record("u1", Stage.INSTALLING, "boot", "A", "1.3.0", "B", "1.4.0", 4, 4, "büçket.raucb", 1000)
WHY = prose("slot B did not start")
LAST = LastUpdate("u0", Result.ROLLED_BACK, "1.3.0", "1.5.0", "B", "2026-11-23T14:05:00Z", WHY)
PAGES = Pages({"Home Assistant": "http://{host}:8123/"}, buttons=True)

SSID = st.binary(max_size=32).map(ssid_of)
FAILURE = st.builds(Failure, TEXT, st.builds(prose, TEXT), st.none() | TEXT)

few = settings(max_examples=60, deadline=None)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A gateway with text of any kind wherever there is any from outside."""
    text, maybe = TEXT, st.none() | TEXT
    said = st.none() | st.builds(prose, TEXT)
    return replace(
        AT_REST,
        boot_id=draw(maybe),
        hostname=draw(maybe),
        os=OsRelease(draw(maybe), draw(maybe), draw(maybe)),
        network=Network(draw(maybe), (Address(draw(text), "192.168.1.20"),)),
        web=Web(enabled=True, listening=draw(st.booleans()), error=draw(said)),
        hotspot=Hotspot(draw(st.sampled_from(HotspotState)), ssid=draw(maybe), password=draw(maybe), error=draw(said)),
        wifi=draw(
            st.builds(
                Wifi,
                available=st.booleans(),
                interface=text,
                joined=st.none() | SSID,
                joining=st.none() | st.builds(Joining, SSID, st.sampled_from(WifiStage)),
                result=st.none() | SSID,
                error=st.none() | FAILURE,
                scan_error=st.none() | FAILURE,
            )
        ),
        slots=draw(st.lists(st.builds(Slot, text, maybe, maybe, maybe, maybe, maybe), max_size=2).map(tuple)),
        update=Update(
            draw(st.sampled_from(Step)),
            draw(st.sampled_from(Phase)),
            id="u1",
            percent=draw(st.none() | st.integers(0, 100)),
            message=draw(said),
            bundle=draw(st.none() | st.builds(Bundle, text, version=maybe)),
            error=draw(st.none() | st.builds(Failure, text, st.builds(prose, text), maybe)),
            record=replace(RECORD, filename=draw(text), target_slot=draw(maybe)),
        ),
        last_update=replace(LAST, from_version=draw(maybe), to_version=draw(maybe), reason=draw(said)),
    )


def controls(text: str) -> set[str]:
    """The characters in ``text`` that move a cursor, turn the direction or cannot be encoded; line feeds are meant."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}


@few
@given(snapshots())
def test_the_status_can_be_sent_read_and_printed(snapshot: Snapshot) -> None:
    document = json.dumps(to_json(snapshot, ENGLISH.say), ensure_ascii=False).encode()
    words = in_words(json.loads(document), ENGLISH)
    assert not controls(words)
    assert not any(line.startswith(" ") for line in words.split("\n")), "a text began a line of its own"
    try:
        from_json(json.loads(document))
    except ValueError as error:  # what the status cannot have: a code of no choice
        str(error).encode()


@few
@given(snapshots())
def test_every_page_and_every_view_can_be_made(snapshot: Snapshot) -> None:
    for part_only in (False, True):
        PAGES.home(snapshot, "mapio.local", ENGLISH, part_only=part_only)
        for signed_in in (False, True):
            PAGES.update(snapshot, ENGLISH, signed_in=signed_in, part_only=part_only)
    for view in names():
        assert len(render(view, snapshot, SIZE, words=ENGLISH).bits) == 32 * 122


@few
@given(snapshots(), snapshots())
def test_the_log_and_systemds_line_are_lines(before: Snapshot, after: Snapshot) -> None:
    in_a_line(after, ENGLISH).encode()
    for line in log_lines(before, after):
        record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (line.text,), None)
        shown = _ForJournald().format(record)
        assert not controls(shown)
        assert "\n" not in shown


@settings(deadline=None)  # a code of thousands of characters takes long where the machine has much to do
@given(st.text(max_size=5000))
def test_a_code_of_any_text_is_drawn_or_left_out(text: str) -> None:
    code = qr_code(text, 122)
    assert code is None or code.width <= 122


def test_a_code_with_more_text_than_codes_hold_is_left_out() -> None:
    assert qr_code("M" * 5000, 10_000) is None


# Files


@given(st.binary(max_size=300))
def test_an_os_release_of_any_bytes_is_text(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "os-release"
    path.write_bytes(b"NAME=" + content + b"\nVERSION_ID=\xff\n")
    release = read_os_release(path)
    assert release.version is not None
    "".join(filter(None, asdict(release).values())).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY | NASTY, lambda inner: st.lists(inner, max_size=2)
)


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Record)]), JSON, max_size=3), JSON, ANY)
def test_a_journal_with_anything_in_it_is_read_or_not_believed(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any], last: Any, reason: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    content = {
        "record": asdict(RECORD) | changes,
        "last_update": plain(LAST) | {"reason": reason} if last is None else last,
    }
    (folder / "journal.json").write_text(json.dumps(content), "ascii")
    record, last_update = Journal(folder).load()
    json.dumps([asdict(one) for one in (record, last_update) if one], ensure_ascii=False, allow_nan=False).encode()
    if record is not None:
        BundleStore(folder).path(record.id).exists()
        assert record.metadata.isprintable()
        assert record.expires_at is None or record.expires_at < 1e12
    (folder / "journal.unreadable.json").unlink(missing_ok=True)


def test_a_lone_surrogate_in_the_journal_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    last = plain(replace(LAST, reason=None)) | {"reason": "slot B did not start"}
    content = {"record": asdict(RECORD) | {"filename": "\ud800.raucb"}, "last_update": last}
    (tmp_path / "journal.json").write_text(json.dumps(content), "ascii")
    assert Journal(tmp_path).load() == (replace(RECORD, filename="\ufffd.raucb"), LAST)


@pytest.mark.parametrize("bad", ["../../etc/passwd", "", "a/b", "\0", "\ud800", "ü"])
def test_a_journal_with_an_id_that_is_no_file_s_name_is_not_believed(tmp_path: Path, bad: str) -> None:
    (tmp_path / "journal.json").write_text(json.dumps({"record": asdict(RECORD) | {"id": bad}, "last_update": None}))
    journal = Journal(tmp_path)
    assert journal.load() == (None, None)
    assert journal.lost


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps({"volts": value}).encode()))
def test_a_power_file_of_any_bytes_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "power.json"
    path.write_bytes(content)
    try:
        json.dumps(asdict(read_power(path)), allow_nan=False)
    except ValueError as error:
        str(error).encode()


def test_a_power_file_too_deep_or_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "power.json"
    for content in ("[" * 100_000, '{"volts": 1e999}', '{"volts": NaN}'):
        path.write_text(content)
        with pytest.raises(ValueError, match=r"power\.json"):
            read_power(path)


@given(st.binary(max_size=200))
def test_an_access_point_s_file_of_any_bytes_has_an_ssid_that_can_be_shown(
    tmp_path_factory: pytest.TempPathFactory, ssid: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "ap.conf"
    path.write_bytes(b'network={\n\tssid="' + ssid + b'"\n}\n')
    _ssid(_read(path)).encode()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


def socket_file(path: Path) -> None:
    folder = os.open(path.parent, os.O_PATH)  # a socket's address has room for 107 bytes, and pytest's folders are deep
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


READERS: dict[str, Callable[[Path], object]] = {
    "journal.json": lambda path: Journal(path.parent).load(),
    "first": lambda path: _after_update(path.parent),
    "boot_id": read_boot_id,
    "os-release": read_os_release,
    "pin": lambda path: Credentials(path.parent).pin,
    "session.key": lambda path: Credentials(path.parent).key,
    "panel.json": lambda path: Memory(path, "boot").load(),
    "tries.json": lambda path: Tries(path, "boot").marked,
    "signed-out.json": lambda path: BootFile(path, "boot").load(),
    "u1.offset": lambda path: BundleStore(path.parent).offset("u1"),
    "custom.png": lambda path: read_picture(path, SIZE).error,
    "power.json": read_power,
    "ap.conf": _read,
    "config.toml": load_config,
}


@pytest.mark.parametrize("make", [pipe, endless, sparse, socket_file, Path.mkdir])
@pytest.mark.parametrize("name", READERS)
def test_what_stands_in_a_file_s_place_neither_hangs_nor_ends_a_reader(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    make(tmp_path / ("journal.json" if name == "first" else name))
    with suppress(OSError, ConfigError, HotspotError):
        READERS[name](tmp_path / name)


@pytest.mark.parametrize("make", [pipe, endless, socket_file, Path.mkdir])
def test_what_stands_in_a_file_s_place_is_replaced_or_reported_when_it_is_written(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    for name in ("journal.json", ".journal.json.new"):
        folder = tmp_path / name.strip(".")
        folder.mkdir()
        make(folder / name)
        if make is Path.mkdir:
            with pytest.raises(StoreError):
                Journal(folder).save(RECORD, LAST)
        else:
            Journal(folder).save(RECORD, LAST)
            assert Journal(folder).load() == (RECORD, LAST)
    with pytest.raises(OSError, match="directory"):
        write_durably(tmp_path, b"")


# The command line


@pytest.mark.parametrize("words", [["render", "\x1b[2J"], ["render", "home", "--snapshot", "\u202e\x9b"]])
def test_what_is_wrong_on_the_command_line_is_printed_without_controls(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-o", str(tmp_path / "x.png")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert not controls(said)


def test_a_mistake_in_the_configuration_is_printed_without_controls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text('board = "x"\n"\u202e\x9b" = 1\n'.replace("board", "bo\u2066ard"))
    assert main(["check-config", "--config", str(tmp_path / "config.toml")]) == 2
    assert not controls(capsys.readouterr().err)
