"""What is known of newer bundles, kept on the data partition: ``release.json``."""

import json
import logging
from pathlib import Path
from typing import Any

from mapio_display.core.facts.release import Announcement
from mapio_display.core.text import decoded
from mapio_display.core.typed import Reader, plain
from mapio_display.durable import write_durably
from mapio_display.files import read_small
from mapio_display.frozen import Frozen

log = logging.getLogger(__name__)

_LARGEST = 1 << 62


class Kept(Frozen):
    """What outlasts the daemon: the answer of the server at ``url`` with its ``etag``, and the owner's wishes.

    It was last asked at ``asked_at``, in seconds since 1970.
    """

    url: str
    etag: str | None = None
    asked_at: float | None = None
    checked_at: str | None = None
    announced: Announcement | None = None
    wanted: str | None = None
    quiet: str | None = None


class KeptFile:
    """The file. What cannot be written to it is logged, and is lost when the daemon ends."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "release.json"

    def load(self, url: str) -> Kept:
        """Read what is kept of the server at ``url``; what another one answered means nothing."""
        try:
            kept = Reader("release.json", check=_checked).read(Kept, json.loads(read_small(self._path)))
        except FileNotFoundError:
            return Kept(url)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            log.warning("What is kept of newer bundles cannot be read, and is forgotten: %s", error)
            return Kept(url)
        return kept if kept.url == url else Kept(url)

    def save(self, kept: Kept) -> None:
        """Replace the file."""
        try:
            write_durably(self._path, json.dumps(plain(kept), indent=1).encode() + b"\n")
        except OSError as error:
            log.warning("%s cannot be kept, and is forgotten with the next start: %s", self._path.name, error)


def _checked(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return decoded(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not 0 <= value < _LARGEST:
        raise ValueError(f"{name} cannot be {value!r:.50}")
    return value
