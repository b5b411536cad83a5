"""Each reader is answered in the language that the browser asks for, by the page, the API and a refusal."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from mapio_display.core.failures import failure
from mapio_display.core.message import PROSE
from mapio_display.core.snapshot import Snapshot
from mapio_display.web.auth.gate import Rules
from mapio_display.web.http.language import Languages, preferred
from mapio_display.web.pages.pages import Pages
from mapio_display.web.pages.setup import Ssh
from mapio_display.words.catalogue import ENGLISH, Words, of
from mapio_display.words.english import SENTENCES
from mapio_display.words.languages import languages
from tests.web.client import Answer, connected, form
from tests.web.gateway import Gateway, serving
from tests.web.test_accessibility import OFFER, SET_UPS, STATES, UNKNOWN
from tests.web.test_pages import Markup
from tests.web.test_templates import READ
from tests.words.renew import quoted

OFFERED = ("en", "de", "fr")
PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),  # MDN's example
        ("en-US,en;q=0.5", "en"),
        ("en;q=0.5, de", "de"),
        ("da, en-GB;q=0.8, de;q=0.7", "en"),
        ("zh-Hans-CN, de-Latn-DE-1996;q=0.1", "de"),
        ("de;q=0.8, fr;q=0.8", "de"),  # the first of two that are wanted as much
        ("fr;q=0.8, de;q=0.8", "fr"),
        ("fr-CA;q=0, fr", "fr"),
        ("de ; q=0.2 , fr ; q=0.3", "fr"),
        ("nl, *", "en"),
        ("en;q=0, *", "de"),
        ("*;q=0.5, fr;q=0.4", "en"),
        ("*;q=0", "en"),
        ("en;q=0, fr;q=0", "en"),  # none that there is, but something has to be said
        ("fr;q=2, de", "de"),
        ("fr;q=0.1234, de", "de"),
        ("fr;level=1, de", "de"),
        ("frança, de", "de"),
        ("french, de", "de"),
        (",,;=,de,", "de"),
        ("x" * 10_000, "en"),
        ("de," * 5_000, "de"),
        ("a-" * 5_000 + "b", "en"),
        ("de;q=0." + "0" * 10_000, "en"),
    ],
)
def test_the_language_is_the_one_wanted_most(accept: str, language: str) -> None:
    assert preferred(accept, OFFERED, "en") == language


def test_a_language_of_a_country_is_given_to_others_who_read_it() -> None:
    for accept in ("pt", "pt-PT, en;q=0.9", "PT-BR"):
        assert preferred(accept, ("en", "pt-BR"), "en") == "pt-BR"


def test_who_wants_nothing_that_there_is_gets_the_configured_language() -> None:
    for accept in ("", "nl, da;q=0.3", "*", "\ud800"):
        assert preferred(accept, OFFERED, "fr") == "fr"


weights = st.sampled_from(["", ";q=0", ";q=0.001", ";q=0.5", ";q=1", ";q=1.000", ";q=x"])
ranges = st.builds(
    str.__add__, st.sampled_from(["en", "fr-CA", "DE", "*", "nl", "", "-"]) | st.text(max_size=9), weights
)
headers = st.lists(ranges, max_size=9).map(",".join) | st.text(max_size=200)


@settings(deadline=None)
@given(headers, st.sampled_from(OFFERED))
def test_any_header_gives_a_language_that_there_is(accept: str, otherwise: str) -> None:
    language = preferred(accept, OFFERED, otherwise)
    assert language in OFFERED
    assert preferred(accept, OFFERED[::-1], language) == language  # whatever the order in which they are offered


@given(st.sampled_from(OFFERED), st.permutations(OFFERED), st.sampled_from(OFFERED))
def test_the_language_of_the_greatest_weight_is_given(language: str, order: list[str], otherwise: str) -> None:
    accept = ", ".join(one if one == language else f"{one}-XX;q=0.9" for one in order)
    assert preferred(accept, OFFERED, otherwise) == language


def test_a_head_that_is_refused_before_it_is_parsed_has_a_language_too() -> None:
    said = Languages("de")
    assert said.of_head(b"GET / HTTP/1.1\r\nACCEPT-LANGUAGE:fr-CA\r\nHost: x").language == "fr"
    assert said.of_head(b"GET /accept-language:fr HTTP/1.1\r\nHost: x").language == "de"
    assert said.of_head(b"\n" * 1000 + b"accept-language:\xff\xfe").language == "de"


async def refused(gateway: Gateway, language: str, cookie: dict[str, str], kind: bytes) -> Answer:
    """The answer to a form with a bundle that RAUC refuses."""
    fields, body = form(kind + b" bundle")
    return await gateway.ask("POST", "/update", headers={**fields, **cookie, "Accept-Language": language}, body=body)


async def test_every_answer_that_differs_by_language_says_so(tmp_path: Path) -> None:
    asks = [
        *(("GET", path, headers) for path in ("/", "/update", "/?part", "/update?part") for headers in ({}, PAGE)),
        *(("GET", path, {}) for path in ("/api/status", "/status", "/version", "/healthz", "/api/panel.png")),
        *(("GET", "/nowhere", headers) for headers in ({}, PAGE)),
        *(("POST", path, headers) for path in ("/update", "/api/update/cancel", "/nowhere") for headers in ({}, PAGE)),
        ("GET", "/", {"Host": "evil.example"}),
        ("POST", "/api/session", {"Origin": "http://evil.example"}),
        ("GET", "/", {"X-Large": "x" * 20_000}),
        ("GET", "/", {"X-Large": "x" * 20_000, **PAGE}),
        ("POST", "/update", {"Expect": "100-continue"}),
        ("GET", "/assets/0/page.js", {}),
    ]
    differ = 0
    async with serving(tmp_path) as gateway:
        await refused(gateway, "en", await gateway.sign_in(), b"damaged")
        for method, path, headers in asks:
            wanted = [{"Accept-Language": language, **headers} for language in ("en", "fr", "de")]
            answers = [await gateway.ask(method, path, headers=each) for each in wanted]
            assert len({answer.status for answer in answers}) == 1
            if len({answer.body for answer in answers}) > 1:
                differ += 1
                assert all("Accept-Language" in answer.headers["vary"] for answer in answers), (method, path)
                assert len({answer.body for answer in answers}) == 3, (method, path)
    assert differ == len(asks) - 5


async def test_an_answer_to_a_page_on_another_port_varies_by_both(tmp_path: Path) -> None:
    async with serving(tmp_path, Rules(require_pin=False)) as gateway:
        headers = {"Origin": "http://127.0.0.1:8123"}
        assert (await gateway.ask("GET", "/api/status", headers=headers)).headers["vary"] == "Accept-Language, Origin"
        assert (await gateway.ask("GET", "/version", headers=headers)).headers["vary"] == "Origin"


async def test_a_refusal_has_one_code_and_the_readers_words(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        cookie = await gateway.sign_in()
        for language in languages():
            answer = await refused(gateway, language, cookie, b"foreign")
            assert answer.code == "wrong-device"
            assert answer.message == of(language).text("wrong-device")


async def test_who_asks_for_no_language_gets_the_configured_one(tmp_path: Path) -> None:
    async with serving(tmp_path, languages=Languages("fr")) as gateway:
        for headers in ({}, {"Accept-Language": "nl"}, {"Accept-Language": "*"}):
            answer = await gateway.ask("GET", "/nowhere", headers=headers)
            assert (answer.code, answer.message) == ("not-found", of("fr").text("not-found"))
            assert b'<html lang="fr">' in (await gateway.ask("GET", "/", headers=headers)).body
        assert b'<html lang="de">' in (await gateway.ask("GET", "/", headers={"Accept-Language": "de-AT"})).body


@pytest.mark.parametrize("accept", ["x" * 10_000, "fr," * 3_000, "\x80\xff;q=", "q=1", ";" * 9_000], ids=range(5))
async def test_a_header_that_is_garbage_is_harmless(tmp_path: Path, accept: str) -> None:
    async with serving(tmp_path) as gateway:
        answer = await gateway.ask("GET", "/", headers={"Accept-Language": accept})
        assert answer.status == 200
        assert f'<html lang="{"fr" if accept.startswith("fr") else "en"}">'.encode() in answer.body


async def test_what_is_no_http_is_answered_in_the_configured_language(tmp_path: Path) -> None:
    async with serving(tmp_path, languages=Languages("de")) as gateway, connected(gateway.port) as connection:
        await connection.send(b"\x16\x03\x01\x02\x00")
        assert (await connection.answer()).message == of("de").text("malformed")


@pytest.mark.parametrize("headers", [{}, PAGE])
async def test_who_is_turned_away_for_want_of_room_reads_it_in_the_language_asked_for(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with serving(tmp_path, connections_each=0) as gateway:
        answer = await gateway.ask("GET", "/", headers={**headers, "Accept-Language": "fr"})
        assert answer.status == 503
        said = of("fr").text("busy", seconds=5)
        assert (said in answer.body.decode()) if headers else (answer.message == said)
        assert answer.headers["vary"] == "Accept-Language"


async def test_two_who_follow_the_events_read_each_their_own_language(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, connected(gateway.port) as one, connected(gateway.port) as other:
        said = {}
        await refused(gateway, "en", await gateway.sign_in(), b"damaged")
        for connection, language in ((one, "fr"), (other, "de")):
            head = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nAccept-Language: {language}\r\n\r\n"
            await connection.send(head.encode())
            assert (await connection.head())[1]["vary"] == "Accept-Language"
            event = b""
            while not event.startswith(b"data: "):
                event = await connection.reader.readline()
            said[language] = json.loads(event[6:])["update"]["error"]
        assert {error["code"] for error in said.values()} == {"damaged"}
        assert {language: error["message"] for language, error in said.items()} == {
            language: of(language).text("damaged") for language in said
        }


# What the states of the tests have of their own, and names that are the same in all languages.
FACTS = set(
    re.findall(
        "[A-Za-z]{2,}",
        "MAPIO Mapio OS distribution (Yocto scarthgap) mapio.local eth0 wlan0_ap rootfs.1 2001:db8::ba27:ebff:fe12 "
        "home mapio-bundle-image-mapio-cm4-64-20260115.raucb -with-kernel -with-uboot-kernel http: UTC RAUC "
        "Home Assistant raw unable to get issuer certificate example.org no answer none Attic Office Old flat "
        "Café am Eck SSH " + str(OFFER.notes),
    )
)


@cache
def pseudo() -> Words:
    """A language of other letters: what is left of English on a page is not of the catalogue."""
    cut = re.compile(r"(\{[^}]*\})")
    sentences = {
        key: "".join(part if part.startswith("{") else re.sub(r"[A-Za-z]", "ж", part) for part in cut.split(sentence))
        for key, sentence in SENTENCES.items()
    }
    entry = 'msgctxt "{}"\nmsgid "{}"\nmsgstr "{}"\n'
    entries = (entry.format(key, quoted(SENTENCES[key]), quoted(own)) for key, own in sentences.items())
    return Words("qps", "\n".join(entries).encode())


def english(page: web.Response, snapshot: Snapshot) -> set[str]:
    """The Latin words that people read or hear on a page, but for the facts and what others have said."""
    markup = Markup(page.text or "")
    attributes = (
        value or "" for _, some in markup.elements for name, value in some.items() if name in READ - {"content"}
    )
    text = " ".join((markup.text, *attributes))
    update, last = snapshot.update, snapshot.last_update
    messages = (update.message, update.error and update.error.message, last and last.reason)
    for said in messages:
        text = text.replace(ENGLISH.say(said) if said and said.code == PROSE else "\0", "")
    return set(re.findall(r"[A-Za-z]{2,}", text)) - FACTS


@pytest.mark.parametrize("name", STATES)
def test_all_that_the_home_and_ota_pages_say_is_of_the_catalogue(name: str) -> None:
    pages, words, snapshot = Pages({"Home Assistant": "http://{host}:8123/"}), pseudo(), STATES[name]
    assert english(pages.home(snapshot, "mapio.local", words, part_only=False), snapshot) == set()
    for signed_in in (False, True):
        page = pages.update(snapshot, words, signed_in=signed_in, part_only=False)
        assert english(page, snapshot) == set()


@pytest.mark.parametrize("name", SET_UPS)
def test_all_that_the_set_up_page_says_is_of_the_catalogue(name: str) -> None:
    for signed_in in (False, True):
        page = Pages({}).setup(SET_UPS[name], pseudo(), Ssh(), signed_in=signed_in, part_only=False)
        assert english(page, SET_UPS[name]) == set()


def test_all_that_a_refusal_says_is_of_the_catalogue() -> None:
    for refused in (failure("not-found"), failure("wrong-pin"), failure("busy", seconds=5)):
        assert english(Pages({}).failure(refused, pseudo(), "/"), UNKNOWN) == set()
