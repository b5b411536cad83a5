"""Everything that can happen, as seen by the core.

A *request* is somebody's wish and may be refused (``NotNow``, and nothing changes). An *observation* says what the
world did; it can come at any moment and is passed over where it means nothing any more.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from mapio_display.core.failures import Why
from mapio_display.core.record import LastUpdate, Record
from mapio_display.core.snapshot import (
    Address,
    DataPartition,
    HotspotRules,
    Network,
    OsRelease,
    Picture,
    Shutdown,
    Slot,
    System,
)


class Request:
    """A wish: raises ``NotNow`` when the present state does not allow it."""

    __slots__ = ()


class Observation:
    """A fact from outside."""

    __slots__ = ()


# The daemon and the machine


@dataclass(frozen=True, slots=True)
class Started(Observation):
    """The daemon has its data: what it read from the disk. Until then there is no web server, and no update.

    Without a data partition they are made up, and last until the next boot. ``received`` is how many bytes of a
    resumable bundle are on the disk for sure. Without ``last_update_known`` there may have been one all the same.
    ``wrong_pins`` is what ``WrongPins`` tells, from before a restart.
    """

    boot_id: str | None
    os: OsRelease
    hostname: str | None
    pin: str | None
    web_enabled: bool
    web_port: int
    web_host: str | None = None
    wrong_pins: tuple[str, float] | None = None
    reboot: Literal["auto", "manual"] = "auto"
    views: tuple[str, ...] = ("home",)
    buttons: bool = False
    data_partition: DataPartition = DataPartition.THERE
    record: Record | None = None
    received: int = 0
    last_update: LastUpdate | None = None
    last_update_known: bool = True


@dataclass(frozen=True, slots=True)
class DataAwaited(Observation):
    """The data partition takes its time."""


@dataclass(frozen=True, slots=True)
class ShutdownAnnounced(Observation):
    """The machine is about to go down, and waits a moment for what the panel has to say.

    ``kind`` is None where logind does not tell (before systemd 255); ``time`` is the local time (``14:05``), None while
    the clock cannot be believed.
    """

    kind: Shutdown | None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class ShutdownCancelled(Observation):
    """The machine stays up after all."""


@dataclass(frozen=True, slots=True)
class StopRequested(Observation):
    """The daemon was told to end (SIGTERM, SIGINT); ``kind`` and ``time`` as in ``ShutdownAnnounced``."""

    kind: Shutdown | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Tick(Observation):
    """A deadline named by ``wake_at`` has passed."""


@dataclass(frozen=True, slots=True)
class SystemMeasured(Observation):
    """The machine's load is this now."""

    system: System


@dataclass(frozen=True, slots=True)
class InternetSeen(Observation):
    """Whether the Internet could be reached just now."""

    reached: bool


@dataclass(frozen=True, slots=True)
class ClockTicked(Observation):
    """The local time of day (``14:05``), None while the clock cannot be believed."""

    time: str | None


@dataclass(frozen=True, slots=True)
class PictureChanged(Observation):
    """The owner's own picture is another, or is gone."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class NetworkChanged(Observation):
    """Addresses, the default route or the host name are now these."""

    default_interface: str | None
    addresses: tuple[Address, ...]
    hostname: str | None

    @property
    def network(self) -> Network:
        """The same as the snapshot keeps it."""
        return Network(self.default_interface, self.addresses)


@dataclass(frozen=True, slots=True)
class PowerSeen(Observation):
    """What was seen of mains, charger or battery; None leaves open."""

    mains: bool | None = None
    charging: bool | None = None
    volts: float | None = None


# The buttons


class Button(StrEnum):
    """The three buttons beside the panel."""

    UP = "up"
    DOWN = "down"
    MID = "mid"


@dataclass(frozen=True, slots=True)
class ButtonPressed(Observation):
    """A button went down, ``at`` that second of CLOCK_MONOTONIC."""

    button: Button
    at: float


@dataclass(frozen=True, slots=True)
class ButtonReleased(Observation):
    """A button was let go, ``at`` that second of CLOCK_MONOTONIC."""

    button: Button
    at: float


@dataclass(frozen=True, slots=True)
class ButtonLost(Observation):
    """A button's line was lost: whether it is still down nobody knows."""

    button: Button


# The web server


@dataclass(frozen=True, slots=True)
class WebListening(Observation):
    """The web server's port is open."""

    port: int


@dataclass(frozen=True, slots=True)
class WebClosed(Observation):
    """The web server's port is closed; ``error`` says why where that was not wished."""

    error: str | None = None


@dataclass(frozen=True, slots=True)
class WebSwitched(Request):
    """The owner turns the web server on or off."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class PinChanged(Observation):
    """A new PIN is on the data partition."""

    pin: str


@dataclass(frozen=True, slots=True)
class WrongPins(Observation):
    """Sign-in was closed because of wrong PINs from ``address``; shown ``until`` (seconds of CLOCK_MONOTONIC).

    None for both: they were the owner's own.
    """

    address: str | None
    until: float | None


@dataclass(frozen=True, slots=True)
class SignInOpened(Request):
    """The owner, at the gateway, lets everybody try PINs again."""


# The hotspot


@dataclass(frozen=True, slots=True)
class HotspotFound(Observation):
    """The gateway can be an access point, by these rules."""

    rules: HotspotRules


@dataclass(frozen=True, slots=True)
class HotspotStarted(Observation):
    """Wi-Fi has been switched over to the access point; its address is still to come."""

    ssid: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HotspotStopped(Observation):
    """Wi-Fi looks for a network again."""


@dataclass(frozen=True, slots=True)
class HotspotFailed(Observation):
    """Wi-Fi could not be switched over, or back."""

    reason: str


# The panel


@dataclass(frozen=True, slots=True)
class PanelShown(Observation):
    """A frame of ``view`` is on the glass; ``full`` says by which kind of refresh."""

    view: str
    full: bool


@dataclass(frozen=True, slots=True)
class PanelRestored(Observation):
    """What is known of the glass from before this start of the daemon; ``view`` is None if not what it shows."""

    view: str | None
    full_refreshes: int
    partial_refreshes: int
    last_refresh_at: str | None


@dataclass(frozen=True, slots=True)
class PanelFailed(Observation):
    """The panel does not answer."""

    reason: str


# RAUC


@dataclass(frozen=True, slots=True)
class RaucFound(Observation):
    """RAUC answers."""

    version: str | None


@dataclass(frozen=True, slots=True)
class RaucLost(Observation):
    """RAUC is gone from the bus; ``absent`` says that calls do not bring it back, ``fails`` that it does not start."""

    absent: bool = False
    fails: bool = False


@dataclass(frozen=True, slots=True)
class SlotsRead(Observation):
    """RAUC is idle and told its slots; ``primary`` is the name of the slot that the next boot will try first.

    ``why`` is what the words of ``last_error`` mean.
    """

    slots: tuple[Slot, ...]
    primary: str | None
    last_error: str = ""
    why: Why = Why.UNKNOWN


@dataclass(frozen=True, slots=True)
class RaucBusySeen(Observation):
    """RAUC refused to tell its slots because an install is running."""


@dataclass(frozen=True, slots=True)
class RaucInstalling(Observation):
    """RAUC announces that it installs; whose install that is it does not say."""


@dataclass(frozen=True, slots=True)
class RaucProgress(Observation):
    """RAUC's ``Progress``: percent 0 to 100 and its English text."""

    percent: int
    message: str


@dataclass(frozen=True, slots=True)
class RaucCompleted(Observation):
    """RAUC's ``Completed`` with its result (0 is success, and nothing else is), its ``LastError``, and why that is."""

    result: int
    last_error: str
    why: Why = Why.UNKNOWN


# The update


@dataclass(frozen=True, slots=True)
class UploadOpened(Request):
    """A browser begins to send a bundle; ``size`` in bytes where it told.

    A ``resumable`` one may stop and go on; ``fingerprint`` is how its sender knows the file again, and ``metadata`` is
    for the sender alone.
    """

    id: str
    filename: str
    size: int | None
    resumable: bool = False
    fingerprint: str = ""
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class UploadResumed(Request):
    """More of a resumable bundle is about to come."""

    id: str


@dataclass(frozen=True, slots=True)
class UploadProgress(Observation):
    """So many bytes of the bundle have come in."""

    id: str
    received: int


@dataclass(frozen=True, slots=True)
class UploadFinished(Observation):
    """The whole bundle is on the disk, synced and closed."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class UploadCutOff(Observation):
    """The sender of a resumable bundle is gone; so many bytes of it are kept."""

    id: str
    received: int


@dataclass(frozen=True, slots=True)
class UploadLost(Observation):
    """The sender went away, or fell silent; nothing is kept of what it sent."""

    id: str


@dataclass(frozen=True, slots=True)
class UploadFailed(Observation):
    """The bundle could not be taken in, for a reason of our own: no space, too large, a malformed request."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BundleInspected(Observation):
    """RAUC looked into the bundle. ``version`` is None where this RAUC cannot tell before it installs."""

    id: str
    version: str | None


@dataclass(frozen=True, slots=True)
class BundleRefused(Observation):
    """RAUC refused the bundle before the install began; ``text`` is its own, and ``why`` what that means."""

    id: str
    text: str
    why: Why = Why.UNKNOWN


@dataclass(frozen=True, slots=True)
class InstallBegan(Observation):
    """RAUC took the call to install this update's bundle: from now on ``RaucCompleted`` is about it."""

    id: str


@dataclass(frozen=True, slots=True)
class RaucUnanswered(Observation):
    """RAUC did not answer the call that the update waits for."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class SlotRepaired(Observation):
    """An empty file system was written into the slot that RAUC could not mount."""

    id: str


@dataclass(frozen=True, slots=True)
class RepairFailed(Observation):
    """The slot that RAUC could not mount was left as it is; ``text`` says why."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class JournalWritten(Observation):
    """The journal with this record is on the disk."""

    record: Record


@dataclass(frozen=True, slots=True)
class JournalFailed(Observation):
    """The journal could not be written."""

    record: Record
    text: str


@dataclass(frozen=True, slots=True)
class RebootFailed(Observation):
    """logind did not take the reboot."""

    text: str


@dataclass(frozen=True, slots=True)
class CancelRequested(Request):
    """The owner gives up the transfer."""


@dataclass(frozen=True, slots=True)
class RebootRequested(Request):
    """The owner lets the gateway restart into the installed update."""


@dataclass(frozen=True, slots=True)
class RestartRequested(Request):
    """The owner restarts the gateway by its button, whether an update is installed or not."""


@dataclass(frozen=True, slots=True)
class AcknowledgeRequested(Request):
    """The owner puts a failure or a result away."""


Event = Request | Observation
