"""The snapshot as others see it: to JSON for ``/api/status``, and from it again to draw a status somebody sent.

What of it others see is what ``Snapshot`` and its parts name in ``PUBLIC``. What is secret (the PIN, the hotspot's
password) or of no meaning outside (deadlines, the journal's record) is not in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.update import Step
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.typed import Reader, every_field, plain


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """Give the public part of the snapshot, ready for ``json.dumps``."""
    status: dict[str, Any] = plain(snapshot, _public)
    status["web"]["url"] = snapshot.url
    status["last_update_known"] = snapshot.last_update is not None or snapshot.last_update_known
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
    snapshot = Reader("the status", _public).read(Snapshot, status)
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
        raise ValueError(f"web.url: {text!r} is no URL") from None
    return host, port or 80
