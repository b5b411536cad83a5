"""One root for every error this package raises on purpose.

A foreign library's error is translated once, at the adapter that calls the library, and chained with ``from``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mapio_display.core.failures import Failure
    from mapio_display.core.message import Message


class MapioDisplayError(Exception):
    """The root: whatever this package raises on purpose."""


class ConfigError(MapioDisplayError):
    """A configuration mistake, worded for the log as ``file: key: reason``; ``key`` is empty for the whole file."""

    def __init__(self, text: str, file: "Path", key: str, reason: "Message") -> None:
        super().__init__(text)
        self.file = file
        self.key = key
        self.reason = reason


class CommandLineError(MapioDisplayError):
    """The command line asks for something that cannot be done; the message says what to do instead."""


class Refused(MapioDisplayError):
    """A request that is turned down; ``failure`` says why."""

    def __init__(self, failure: "Failure") -> None:
        super().__init__(failure.code)
        self.failure = failure


class NotNow(Refused):
    """A request that the present phase of the update does not allow. Nothing changed."""


class PanelError(MapioDisplayError):
    """The panel does not answer: BUSY never fell, or its lines or its bus cannot be opened."""


class RaucError(MapioDisplayError):
    """RAUC answered a call with an error; the message is RAUC's own text."""


class RaucBusy(RaucError):
    """RAUC refuses the call because it is processing another one."""


class RaucUnavailable(MapioDisplayError):
    """RAUC cannot be reached: its name has no owner, the bus is gone, or a call went unanswered."""


class RepairError(MapioDisplayError):
    """A slot was not repaired; the message says why."""


class RebootError(MapioDisplayError):
    """logind did not take the request to reboot."""


class StoreError(MapioDisplayError):
    """The data partition did not take a file; the message says which and why."""


class StorageFull(StoreError):
    """The data partition has no space left."""


class LineError(MapioDisplayError):
    """A GPIO line is not there, is used by another program, or cannot be read any more."""


class UnitError(MapioDisplayError):
    """systemd did not switch a unit, or cannot be reached."""


class HotspotError(MapioDisplayError):
    """The access point has no interface, or its file cannot be used; ``reason`` says why."""

    def __init__(self, reason: "Message") -> None:
        super().__init__(reason.code)
        self.reason = reason


class WpaError(MapioDisplayError):
    """wpa_supplicant refuses a request or does not answer; the message says why."""


class WpaFileError(WpaError):
    """wpa_supplicant's file cannot be used; ``failure`` says why."""

    def __init__(self, text: str, failure: "Failure") -> None:
        super().__init__(text)
        self.failure = failure
