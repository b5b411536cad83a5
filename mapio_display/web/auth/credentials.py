"""What the web server keeps on the data partition: the PIN, the key of the cookies, and whether it is wanted."""

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from mapio_display.core.commands import SaveWebEnabled
from mapio_display.durable import sync_folder, write_durably
from mapio_display.files import read_small

log = logging.getLogger(__name__)

KEY_BYTES = 32
_PIN = re.compile(r"[0-9]{6}", re.ASCII)
_KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", re.ASCII)


def new_pin() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**6):06}"


def new_key() -> str:
    """A random key, in hexadecimal digits."""
    return secrets.token_hex(KEY_BYTES)


class Credentials:
    """Three small files in ``directory``. Where it cannot be written, what is in them lasts until the daemon ends.

    What is kept while the daemon runs is written by a thread, because an eMMC can stall for seconds.
    """

    def __init__(self, directory: Path) -> None:
        self._pin_file = directory / "pin"
        self._off_file = directory / "web-off"
        self.pin = _kept(self._pin_file, _PIN, new_pin)
        self.key = bytes.fromhex(_kept(directory / "session.key", _KEY, new_key))
        self._commands: asyncio.Queue[SaveWebEnabled] = asyncio.Queue()

    @property
    def identity(self) -> str:
        """What distinguishes this gateway from others, through updates too. It is no secret."""
        return hmac.new(self.key, b"identity", hashlib.sha256).hexdigest()[:16]

    def renew_pin(self) -> str:
        """Make a new PIN, which ends every session. Raises ``OSError`` if it cannot be kept; then the old one stays."""
        pin = new_pin()
        _keep(self._pin_file, pin)
        self.pin = pin
        return pin

    @property
    def web_enabled(self) -> bool:
        """Whether the web server is wanted: from the first boot on, until the owner turns it off."""
        return not self._off_file.exists()

    def take(self, command: SaveWebEnabled) -> None:
        """Put a command at the end of the queue."""
        self._commands.put_nowait(command)

    async def run(self) -> None:
        """Carry out commands, endlessly."""
        while True:
            command = await self._commands.get()
            await asyncio.to_thread(self.save_web_enabled, command.enabled)
            self._commands.task_done()

    async def done(self) -> None:
        """Wait until every command taken so far is carried out."""
        await self._commands.join()

    def save_web_enabled(self, enabled: bool) -> None:
        """Remember whether the web server is wanted. What cannot be kept is logged."""
        try:
            if enabled:
                self._off_file.unlink(missing_ok=True)
                sync_folder(self._off_file.parent)
            else:
                write_durably(self._off_file, b"The owner turned the web server off.\n")
        except OSError as error:
            log.error("%s cannot be kept, and is forgotten with the next start: %s", self._off_file.name, error)


def _kept(path: Path, good: re.Pattern[str], make: Callable[[], str]) -> str:
    """Read the secret in a file, or make one and keep it."""
    try:
        text = read_small(path).decode("ascii").strip()
        if good.fullmatch(text):
            return text
        log.warning("%s makes no sense and is made anew", path.name)
    except FileNotFoundError:
        pass  # the first start
    except UnicodeDecodeError:
        log.warning("%s makes no sense and is made anew", path.name)
    except OSError as error:
        log.warning("%s cannot be read and is made anew: %s", path.name, error)
    text = make()
    try:
        _keep(path, text)
    except OSError as error:
        log.error("%s cannot be kept, and lasts until the daemon ends: %s", path.name, error)
    return text


def _keep(path: Path, text: str) -> None:
    write_durably(path, f"{text}\n".encode(), 0o600)
