"""The snapshot as others see it: to JSON for ``/api/status``, and from it again to draw a status that an owner sent.

What of it others see is what ``Snapshot`` and its parts name in ``PUBLIC``, and what has a key. What is secret (the
PIN, the hotspot's password) or of no meaning outside (deadlines, the journal's record) is not in it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from mapio_display.core.facts import subjects
from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.key import Keys
from mapio_display.core.facts.update import Step
from mapio_display.core.message import PROSE, Message, prose
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.typed import Reader, every_field, plain


def _keys() -> Keys:
    """The keys that the subjects declare."""
    found: list[Keys] = [getattr(subject, "KEYS", ()) for subject in subjects()]
    return tuple(key for keys in found for key in keys)


KEYS = _keys()


def to_json(snapshot: Snapshot, say: Callable[[Message], str]) -> dict[str, Any]:
    """Give the public part of the snapshot, ready for ``json.dumps``; ``say`` words a message for who reads it."""
    status: dict[str, Any] = plain(snapshot, _public, say)
    status |= {key.name: plain(snapshot[key], _public, say) for key in KEYS}
    status["web"]["url"] = snapshot.url
    status["last_update_known"] = snapshot.last_update is not None or snapshot.last_update_known
    if last := snapshot.last_update:
        status["last_update"]["reason_code"] = last.reason.code if last.reason and last.reason.code != PROSE else None
    return status


def from_json(status: object) -> Snapshot:
    """Make a snapshot of a status, as far as it goes; what is missing is unknown.

    Raises ``ValueError`` naming the key that has a value of the wrong kind.
    """
    status = _known(status)
    url = None
    if isinstance(status, dict):
        status.setdefault("daemon", {})
        url = status["web"].get("url") if isinstance(status.get("web"), dict) else None
    reader = Reader("the status", _public, unsay=prose)
    snapshot = reader.read(Snapshot, status)
    for key in KEYS:
        if isinstance(status, dict) and key.name in status:
            snapshot = snapshot.knowing(key, reader.value(key.kind, status[key.name], key.name))
    host, port = _host_and_port(url)
    return replace(
        snapshot,
        daemon=replace(snapshot.daemon, lifecycle=Lifecycle.RUNNING),
        web=replace(snapshot.web, listening=host is not None, host=host, port=port),
        update=replace(snapshot.update, step=Step(snapshot.update.phase.value)),
    )


def _public(kind: type[Any]) -> Iterable[str]:
    names: Iterable[str] = getattr(kind, "PUBLIC", None) or every_field(kind)
    return names


def _known(value: object) -> object:
    """What is null is as good as missing."""
    if isinstance(value, Mapping):
        return {key: _known(each) for key, each in value.items() if each is not None}
    return [_known(each) for each in value] if isinstance(value, list) else value


def _host_and_port(text: object) -> tuple[str | None, int]:
    if text is not None and not isinstance(text, str):
        raise ValueError(f"web.url: must be a string, not {text!r:.50}")
    try:
        url = urlsplit(text or "")
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError(f"web.url: {text!r} is not a URL") from None
    return host, port or 80
