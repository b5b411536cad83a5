"""What the core asks of the actors. An actor answers with events."""

from dataclasses import dataclass, field

from mapio_display.core.record import LastUpdate, Record
from mapio_display.core.ssid import Security, Ssid


@dataclass(frozen=True, slots=True)
class WriteJournal:
    """Put the journal on the disk, synced; answer ``JournalWritten`` or ``JournalFailed`` if there is a record."""

    record: Record | None
    last_update: LastUpdate | None


@dataclass(frozen=True, slots=True)
class Inspect:
    """Have RAUC look into the bundle of this update."""

    id: str


@dataclass(frozen=True, slots=True)
class Install:
    """Have RAUC install the bundle of this update."""

    id: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Have an empty file system written into a slot that cannot be mounted.

    Answer ``SlotRepaired`` or ``RepairFailed``.
    """

    id: str
    slot: str


@dataclass(frozen=True, slots=True)
class RemoveBundle:
    """Delete the bundle of this update, whole or in part."""

    id: str


@dataclass(frozen=True, slots=True)
class ReadSlots:
    """Ask RAUC for its slots again."""


@dataclass(frozen=True, slots=True)
class Reboot:
    """Ask logind to reboot."""


@dataclass(frozen=True, slots=True)
class ReleaseShutdown:
    """Release the inhibitor, so that the machine may go down."""


@dataclass(frozen=True, slots=True)
class SaveWebEnabled:
    """Remember on the data partition whether the web server is wanted."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class ForgetTries:
    """Forget all wrong PINs."""


@dataclass(frozen=True, slots=True)
class StartHotspot:
    """Bring the access point up with a new password; answer ``HotspotStarted`` or ``HotspotFailed``."""


@dataclass(frozen=True, slots=True)
class StopHotspot:
    """Take the access point down, and let Wi-Fi look for a network; answer ``HotspotStopped`` or ``HotspotFailed``."""


@dataclass(frozen=True, slots=True)
class ScanWifi:
    """Look for networks; answer ``WifiScanned`` or ``WifiScanFailed``.

    ``over_hotspot`` says that the hotspot is up or about to be, so that wpa_supplicant may run for this alone.
    """

    over_hotspot: bool = False


@dataclass(frozen=True, slots=True)
class PrepareWifi:
    """Check that the station's file can be written; answer ``WifiPrepared`` or ``WifiJoinFailed``.

    Only the actor keeps what is needed to join the network.
    """

    ssid: Ssid
    password: str | None = field(repr=False)
    security: Security | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class ConnectWifi:
    """Connect to the network that was prepared for; answer ``WifiConnected`` or ``WifiJoinFailed``."""


@dataclass(frozen=True, slots=True)
class KeepWifi:
    """Write the network into the station's file, to be joined at every boot.

    Answer ``WifiKept`` or ``WifiJoinFailed``.
    """


@dataclass(frozen=True, slots=True)
class LeaveWifi:
    """Give up the network that was prepared for, and look for those of the station's file again."""


@dataclass(frozen=True, slots=True)
class ForgetWifi:
    """Take a network out of the station's file; answer ``WifiSaved`` or ``WifiForgetFailed``."""

    ssid: Ssid


HotspotCommand = StartHotspot | StopHotspot
WifiCommand = ScanWifi | PrepareWifi | ConnectWifi | KeepWifi | LeaveWifi | ForgetWifi
UpdateCommand = WriteJournal | Inspect | Install | Repair | RemoveBundle | ReadSlots | Reboot
Command = UpdateCommand | ReleaseShutdown | SaveWebEnabled | ForgetTries | HotspotCommand | WifiCommand
