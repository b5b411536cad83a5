"""What the web server keeps on the data partition: the PIN, the key of the cookies, and whether it is wanted."""

import logging
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from mapio_display.durable import write_durably

log = logging.getLogger(__name__)

KEY_BYTES = 32


def new_pin() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**6):06}"


class Credentials:
    """Three small files in ``directory``. Where it cannot be written, they last until the daemon ends."""

    def __init__(self, directory: Path) -> None:
        self._pin_file = directory / "pin"
        self._key_file = directory / "session.key"
        self._off_file = directory / "web-off"
        self.pin = self._kept(self._pin_file, lambda text: re.fullmatch(r"[0-9]{6}", text) is not None, new_pin)
        key = self._kept(
            self._key_file,
            lambda text: re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text) is not None,
            lambda: secrets.token_hex(KEY_BYTES),
        )
        self.key = bytes.fromhex(key)

    def renew_pin(self) -> str:
        """Make a new PIN; every session ends with it. Raises ``OSError`` if it cannot be kept."""
        pin = new_pin()
        write_durably(self._pin_file, f"{pin}\n".encode(), 0o600)
        self.pin = pin
        return pin

    @property
    def web_enabled(self) -> bool:
        """Whether the web server is wanted: from the first boot on, until the owner turns it off."""
        return not self._off_file.exists()

    def save_web_enabled(self, enabled: bool) -> None:
        """Remember it. Raises ``OSError``."""
        if enabled:
            self._off_file.unlink(missing_ok=True)
        else:
            write_durably(self._off_file, b"The owner turned the web server off.\n")

    @staticmethod
    def _kept(path: Path, good: Callable[[str], bool], make: Callable[[], str]) -> str:
        try:
            text = path.read_text("ascii").strip()
            if good(text):
                return text
            log.warning("%s makes no sense and is made anew", path.name)
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError) as error:
            log.warning("%s cannot be read and is made anew: %s", path.name, error)
        text = make()
        try:
            write_durably(path, f"{text}\n".encode(), 0o600)
        except OSError as error:
            log.error("%s cannot be kept, and lasts until the daemon ends: %s", path.name, error)
        return text
