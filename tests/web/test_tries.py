"""How many PINs a guesser gets to try, and that none of it is lost."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.web.auth.address import network_of
from mapio_display.web.auth.tries import ALL, KNOWN_MOST, MARK_S, ONE, Limit, Tries
from mapio_display.web.http.answers import headers_of
from mapio_display.web.refusals import too_many_tries
from mapio_display.words.catalogue import ENGLISH
from tests.web.gateway import Clock

DOCS = Path(__file__).parent.parent.parent / "docs" / "http.md"
BOOT = "11111111-aaaa"
GUESSER, OWNER = "192.168.1.66", "192.168.1.30"
HOUR_S, YEAR_S = 3600.0, 365.25 * 86400
HALF = 500_000  # of all PINs


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = 1000.0
    return clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "tries.json"


@pytest.fixture
def tries(path: Path, clock: Clock) -> Tries:
    return Tries(path, BOOT, clock)


def many() -> Iterator[str]:
    """As many addresses as a client can have that makes up networks."""
    number = 0
    while True:
        number += 1
        yield f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"


def guess(tries: Tries, clock: Clock, addresses: Iterator[str], number: int) -> float:
    """Try as often and as soon as possible; gives when the last one was, counted from now."""
    began = clock.now
    for _ in range(number):
        address = next(addresses)
        clock.now += tries.wait_s(address, None)
        tries.wrong(address, None)
    return clock.now - began


def one(address: str = GUESSER) -> Iterator[str]:
    while True:
        yield address


# How long it takes


def test_after_five_wrong_tries_each_further_one_waits_twice_as_long_up_to_an_hour(tries: Tries, clock: Clock) -> None:
    waits = []
    for _ in range(15):
        tries.wrong(GUESSER, None)
        waits.append(round(tries.wait_s(GUESSER, None) / 60))
        clock.now += tries.wait_s(GUESSER, None)
    assert waits == [0] * 4 + [1, 2, 4, 8, 16, 32, 32, 60, 60, 60, 60], "after an hour one was forgiven"


@pytest.mark.parametrize(
    ("limit", "addresses", "words"), [(ONE, one(), "one address"), (ALL, many(), "any number of addresses")]
)
def test_half_of_all_pins_take_as_long_as_the_docs_say(
    tries: Tries, clock: Clock, limit: Limit, addresses: Iterator[str], words: str
) -> None:
    """By trying; what comes after the first sixty goes on at the same pace."""
    began = clock.now
    guess(tries, clock, addresses, limit.free)
    assert clock.now == began
    guess(tries, clock, addresses, 6)
    at_once = f"{limit.free}" if limit is ALL else f"{limit.free}, and 11 in {(clock.now - began) / 60:.0f} minutes"
    guess(tries, clock, addresses, 50)
    pace = guess(tries, clock, addresses, 100) / 100
    assert pace == pytest.approx(limit.forgiven_s, rel=0.01)
    row = re.search(rf"\| {words} \| (.*?) \| (.*?) \| ([\d.]+) years \|", DOCS.read_text("utf-8"))
    assert row is not None
    assert row[1] == at_once
    assert float(row[3]) == pytest.approx(HALF * pace / YEAR_S, rel=0.01)
    assert f"every {pace / 60:.0f} minutes" in row[2]


@pytest.mark.parametrize(("addresses", "most"), [(one(), 11), (many(), ALL.free)])
@pytest.mark.parametrize("pause_s", [0.0, HOUR_S, 26 * HOUR_S])
def test_waiting_for_forgiveness_gives_no_more_tries_in_the_long_run(
    tries: Tries, clock: Clock, addresses: Iterator[str], most: int, pause_s: float
) -> None:
    began, number = clock.now, 0
    pace = ONE.forgiven_s if most == 11 else ALL.forgiven_s
    for _ in range(5):
        clock.now += pause_s
        for _ in range(60):
            address = next(addresses)
            clock.now += tries.wait_s(address, None)
            tries.wrong(address, None)
            number += 1
            assert number <= most + 1 + (clock.now - began) / pace


def test_what_the_docs_say_of_the_first_month_is_so() -> None:
    tries = ALL.free + 30 * 86400 / ALL.forgiven_s
    assert (round(tries, -2), round(1_000_000 / tries, -1)) == (4400, 230)
    assert "4 400 tries, a chance of one in 230" in DOCS.read_text("utf-8").replace("\n", " ")


def test_a_few_slips_are_forgiven(tries: Tries, clock: Clock) -> None:
    for _ in range(50):
        assert tries.wrong(OWNER, None) is None
        clock.now += HOUR_S
    assert tries.wait_s(OWNER, None) == 0


@pytest.mark.parametrize(
    ("seconds", "minutes", "header"), [(60.0000001, "1 minute.", "60"), (119.5, "2 minutes.", "120")]
)
def test_the_wait_is_given_in_whole_minutes(seconds: float, minutes: str, header: str) -> None:
    failure = too_many_tries(seconds)
    assert f"in {minutes}" in ENGLISH.say(failure.message)
    assert headers_of(failure)["Retry-After"] == header


# Who is kept out, and who is not


def test_a_guesser_keeps_nobody_else_out(tries: Tries, clock: Clock) -> None:
    """Not in the first minutes, and not by going on for months."""
    for _ in range(400):
        clock.now += tries.wait_s(GUESSER, None)
        tries.wrong(GUESSER, None)
        assert tries.wait_s(OWNER, None) == 0


def test_an_ipv6_network_counts_as_one_address(tries: Tries) -> None:
    for number in range(5):
        tries.wrong(f"2001:db8:1:2::{number:x}", None)
    assert tries.wait_s("2001:db8:1:2:ffff::1", None) == 60
    assert tries.wait_s("2001:db8:1:3::1", None) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.66", "192.168.1.66"),
        ("::ffff:192.168.1.66", "192.168.1.66"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1"),
        ("", ""),
    ],
)
def test_what_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_browser_that_was_signed_in_before_has_tries_of_its_own(tries: Tries, clock: Clock) -> None:
    guess(tries, clock, many(), ALL.free)
    for _ in range(5):
        tries.wrong(OWNER, "known")
    assert tries.wait_s(OWNER, "other") == 0
    assert tries.wait_s(OWNER, "known") == 60
    assert tries.wait_s(OWNER, None) == ALL.longest_s


def test_a_known_browser_whose_tries_are_used_up_by_a_thief_of_its_cookie_has_its_addresss_left(tries: Tries) -> None:
    for _ in range(5):
        tries.wrong(GUESSER, "known")
    for _ in range(5):
        assert tries.wait_s(GUESSER, "known") == 0
        tries.wrong(GUESSER, "known")
    assert tries.wait_s(GUESSER, "known") == 60
    assert tries.wait_s(OWNER, "known") == 0


def test_forgetting_opens_sign_in_for_everybody(tries: Tries, clock: Clock, path: Path) -> None:
    guess(tries, clock, many(), ALL.free)
    guess(tries, clock, one(), 5)
    tries.forget()
    for again in (tries, Tries(path, BOOT, clock)):
        assert again.wait_s(GUESSER, None) == again.wait_s(OWNER, None) == 0
        assert again.marked is None


# What is reported of it


def test_one_line_of_the_log_names_the_address_when_sign_in_closes(
    tries: Tries, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        tries.wrong(GUESSER, None)
    assert caplog.messages == [f"Sign-in is closed for an address after wrong PINs address={GUESSER} seconds=60"]
    caplog.clear()
    guess(tries, clock, many(), ALL.free - 5)
    assert caplog.messages == [
        "Sign-in is closed for all new browsers after wrong PINs address=2001:db8:0:2d::/64 seconds=600"
    ]


def test_the_address_is_marked_for_a_day(tries: Tries, clock: Clock, path: Path) -> None:
    marks = [tries.wrong(GUESSER, None) for _ in range(5)]
    assert marks == [None] * 4 + [(GUESSER, clock.now + MARK_S)]
    assert tries.marked == Tries(path, BOOT, clock).marked == marks[-1]
    clock.now += MARK_S
    assert tries.marked is None


def test_a_right_pin_from_the_marked_address_shows_that_it_was_the_owners(tries: Tries, clock: Clock) -> None:
    guess(tries, clock, one(OWNER), 5)
    assert not tries.right(GUESSER)
    assert tries.right(OWNER)
    assert tries.marked is None
    assert tries.wait_s(OWNER, None) > 0, "the count stays"


# The file


def test_tries_are_on_record_for_root_alone_when_they_are_answered(tries: Tries, path: Path) -> None:
    before = os.umask(0)
    try:
        tries.wrong(GUESSER, None)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["addresses"][GUESSER]["wrong"] == 1


def test_a_restart_of_the_daemon_forgets_nothing(tries: Tries, clock: Clock, path: Path) -> None:
    guess(tries, clock, many(), ALL.free)
    for _ in range(5):
        tries.wrong(OWNER, "known")
    again = Tries(path, BOOT, clock)
    for browser in (None, "known", "other"):
        assert again.wait_s(OWNER, browser) == tries.wait_s(OWNER, browser)


def test_a_reboot_forgets_it(tries: Tries, clock: Clock, path: Path) -> None:
    guess(tries, clock, one(), 5)
    for boot_id in ("22222222-bbbb", None):
        assert Tries(path, boot_id, clock).wait_s(GUESSER, None) == 0


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"boot_id": "11111111-aaaa", "addresses": 1}', b'{"boot_id": 1}']
)
def test_a_file_that_makes_no_sense_keeps_nobody_out(path: Path, clock: Clock, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    tries = Tries(path, BOOT, clock)
    assert tries.wait_s(GUESSER, None) == 0
    guess(tries, clock, one(), 5)
    assert Tries(path, BOOT, clock).wait_s(GUESSER, None) == 60


def test_where_nothing_can_be_written_tries_are_counted_nevertheless_and_that_is_logged_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "run").write_text("")
    tries = Tries(tmp_path / "run" / "tries.json", BOOT, clock)
    caplog.clear()
    guess(tries, clock, one(), 5)
    assert tries.wait_s(GUESSER, None) == 60
    assert len([message for message in caplog.messages if "cannot be written" in message]) == 1


def test_any_number_of_addresses_and_browsers_take_a_bounded_place(tries: Tries, clock: Clock, path: Path) -> None:
    guess(tries, clock, many(), 130)
    most = ALL.free + ONE.forgiven_s / ALL.forgiven_s
    assert len(json.loads(path.read_text())["addresses"]) <= most
    for number in range(KNOWN_MOST + 20):
        tries.wrong(GUESSER, f"{number:016x}")
    assert len(json.loads(path.read_text())["browsers"]) == KNOWN_MOST
    assert path.stat().st_size < 50_000
