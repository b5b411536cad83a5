"""The folder a virtual gateway lives in: claimed by one at a time, and where everything lies in it."""

import contextlib
import fcntl
import json
import re
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from mapio_display.errors import CommandLineError
from mapio_display.words.catalogue import ENGLISH, Words

# A Unix socket's path has room for 107 bytes, a D-Bus address escapes what is not in here, and fw_env.config separates
# its words by spaces.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,80}")
_EMPTIED = ("data", "run")


class Folder:
    """``path`` and what lies in it, for as long as the ``with`` block lasts.

    ``plain`` is the folder for what needs a short and plain path: ``path`` itself wherever its name allows. Entering
    raises ``CommandLineError`` where another gateway lives, or where files are that no gateway made.
    """

    def __init__(self, path: Path, words: Words = ENGLISH) -> None:
        self._words = words
        self.path = path.absolute()
        self.plain = self.path
        self.data = self.path / "data"
        self.bundles = self.path / "bundles"
        self.os_release = self.path / "os-release"
        self.boot_id = self.path / "boot_id"
        self.config = self.path / "config.toml"
        self.description = self.path / "gateway.json"
        self.glass = self.path / "glass.png"
        self.trace = self.path / "trace.jsonl"
        self.leds = self.path / "leds"
        self.power = self.path / "power.json"
        self.network = self.path / "network.json"
        self.services = self.path / "services.json"
        self.hotspot = self.path / "wpa_supplicant-ap.conf"
        self.station = self.path / "wpa_supplicant-wlan0.conf"
        self.authorized_keys = self.path / "ssh" / "authorized_keys"
        self._kept = contextlib.ExitStack()

    @property
    def run(self) -> Path:
        """What is memory on a board, and empty after every boot."""
        return self.plain / "run"

    @property
    def boot(self) -> Path:
        """What is /boot on a board: U-Boot's environment and RAUC's status."""
        return self.plain / "boot"

    @property
    def socket(self) -> Path:
        """The daemon's socket."""
        return self.run / "api.sock"

    @property
    def wpa(self) -> Path:
        """The control sockets of wpa_supplicant."""
        return self.run / "wpa_supplicant"

    @property
    def interfaces(self) -> Path:
        """What the kernel has of the network."""
        return self.run / "interfaces.json"

    @property
    def chip(self) -> Path:
        """The panel's socket."""
        return self.plain / "chip.sock"

    def make_leds(self) -> None:
        """Make the LEDs as they are in /sys/class/leds, all dark."""
        for led in (self.leds / f"LED{number}_{colour}" for number in (1, 2, 3) for colour in "RGB"):
            led.mkdir(parents=True, exist_ok=True)
            files = {"brightness": "0", "max_brightness": "255", "trigger": "none", "delay_on": "0", "delay_off": "0"}
            for file, text in files.items():
                (led / file).write_text(text)

    def make_power(self) -> None:
        """Connect the mains, with a full battery."""
        self.power.write_text('{"mains": true, "charging": false, "volts": 4.1}\n')

    def make_network(self, *, cable: bool) -> None:
        """Put the cable in or not; there is no Wi-Fi to join."""
        self.network.write_text(json.dumps({"cable": cable, "wifi": False}) + "\n")

    def log(self, name: str) -> Path:
        """Where the output of a service goes."""
        return self.path / f"{name}.log"

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as kept:
            try:
                self._claim(kept)
            except OSError as error:
                why = self._words.text("demo.folder", folder=str(self.path), reason=str(error.strerror))
                raise CommandLineError(why) from error
            if not _PLAIN.fullmatch(str(self.path)):
                self.plain = Path(tempfile.mkdtemp(prefix="mapio-display-"))
                kept.callback(shutil.rmtree, self.plain, ignore_errors=True)
            self._kept = kept.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    def _claim(self, kept: contextlib.ExitStack) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        lock = self.path / "demo.lock"
        strange = [name for name in _EMPTIED if (self.path / name).exists()]
        if strange and not lock.exists():
            names = ", ".join(strange)
            raise CommandLineError(self._words.text("demo.folder.foreign", folder=str(self.path), names=names))
        file = kept.enter_context(lock.open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandLineError(self._words.text("demo.folder.occupied", folder=str(self.path))) from None
