"""Reads an announcement: GitHub's answer for a release, or the small JSON object that docs/fleet.md describes."""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from mapio_display.core.facts.release import Announcement
from mapio_display.core.failures import Failure, failure
from mapio_display.errors import Refused

LARGEST = 1 << 20  # bytes; GitHub's answer for a release with a hundred files has about 200 kB
NOTES = 4000  # characters
_VERSION, _URL, _COMPATIBLE = 64, 2048, 128
_MOST_BYTES = 1 << 40
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ENDING = ".raucb"

_Kind = type | tuple[type, ...]


def read(content: bytes, url: str) -> Announcement:
    """Make an announcement of what the server at ``url`` sent. Raises ``Refused``, which says what is wrong with it."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        # A network that wants people to sign in first answers every request with its own page.
        page = content.lstrip()[:1] == b"<"
        raise Refused(failure("bad-answer.page" if page else "bad-answer.no-json", str(error)[:200])) from None
    if not isinstance(value, dict):
        raise Refused(failure("bad-answer.no-json", "it is no object"))
    return _of_github(value, url) if "tag_name" in value else _own(value, url)


def filename(url: str) -> str:
    """The name of the file at ``url``, as it may be shown."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return _line(name)[:100] or "bundle"


def _own(value: dict[str, Any], base: str) -> Announcement:
    size, sha256 = _field(value, "size", int), _field(value, "sha256", str)
    return Announcement(
        version=_version(value, "version"),
        url=_url(value, "url", base),
        size=_checked("size", size, lambda: 0 < size <= _MOST_BYTES),
        sha256=_checked("sha256", sha256 and sha256.lower(), lambda: _SHA256.fullmatch(sha256.lower())),
        notes=_notes(value.get("notes")),
        compatible=_text(value, "compatible", _COMPATIBLE),
        rollout=_rollout(value),
    )


def _of_github(value: dict[str, Any], base: str) -> Announcement:
    version = _version(value, "tag_name")
    listed = value.get("assets")
    assets = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    named = [each for each in assets if isinstance(name := each.get("name"), str) and name.endswith(_ENDING)]
    if not named:
        raise Refused(failure("bad-answer.no-bundle", version=version))
    # Beside a bundle there may be others with more in it, named after it: bundle-with-kernel.raucb.
    chosen = min(named, key=lambda each: len(each["name"]))
    stem = chosen["name"].removesuffix(_ENDING)
    if not all(each["name"].startswith(stem) for each in named):
        raise Refused(failure("bad-answer.several", ", ".join(each["name"][:60] for each in named[:5])))
    digest, size = chosen.get("digest"), _field(chosen, "size", int)
    algorithm, _, sha256 = digest.partition(":") if isinstance(digest, str) else ("", "", "")
    return Announcement(
        version=version,
        url=_url(chosen, "browser_download_url", base),
        size=_checked("size", size, lambda: 0 < size <= _MOST_BYTES),
        sha256=sha256 if algorithm == "sha256" and _SHA256.fullmatch(sha256) else None,
        notes=_notes(value.get("body")),
        # GitHub's "latest" leaves these out; one that is configured by its tag is offered on request only.
        rollout=0 if value.get("draft") is True or value.get("prerelease") is True else 100,
    )


def _version(value: dict[str, Any], key: str) -> str:
    version = _text(value, key, _VERSION)
    if not version:
        raise _wrong(key)
    return version


def _text(value: dict[str, Any], key: str, most: int) -> str | None:
    text: str | None = _field(value, key, str)
    if text is not None and (text != _line(text) or len(text) > most):
        raise _wrong(key)
    return text


def _rollout(value: dict[str, Any]) -> int:
    rollout: int | None = _field(value, "rollout", int)
    if rollout is not None and not 0 <= rollout <= 100:
        raise _wrong("rollout")
    return 100 if rollout is None else rollout


def _url(value: dict[str, Any], key: str, base: str) -> str:
    text: str = _field(value, key, str) or ""
    try:
        url = urljoin(base, text)
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        raise _wrong(key) from None
    if not (text and good and url.isprintable() and " " not in url and len(url) <= _URL):
        raise _wrong(key)
    return url


def _notes(notes: object) -> str:
    """What the announcement says of the version: lines of plain text."""
    if not isinstance(notes, str):
        return ""
    lines = notes[: 2 * NOTES].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join(_line(line) for line in lines).strip("\n")
    return text if len(text) <= NOTES else f"{text[: NOTES - 2].rstrip()} …"


def _line(text: str) -> str:
    """``text`` without what moves a cursor, turns a direction or is no character."""
    return "".join(c for c in text.replace("\t", " ") if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))


def _field(value: dict[str, Any], key: str, kind: type) -> Any:
    """What is at ``key``, None where nothing is. Raises ``Refused`` for another kind of value."""
    field = value.get(key)
    if field is not None and type(field) is not kind:
        raise _wrong(key)
    return field


def _checked(key: str, value: Any, good: Callable[[], object]) -> Any:
    if value is not None and not good():
        raise _wrong(key)
    return value


def _wrong(key: str) -> Refused:
    problem: Failure = failure("bad-answer.field", field=key)
    return Refused(problem)
