"""What the core asks of the actors. An actor answers with events."""

from dataclasses import field

from mapio_display.core.record import LastUpdate, Record
from mapio_display.core.ssid import Security, Ssid
from mapio_display.frozen import Frozen


class WriteJournal(Frozen):
    """Put the journal on the disk, synced; answer ``JournalWritten`` or ``JournalFailed`` if there is a record."""

    record: Record | None
    last_update: LastUpdate | None


class Inspect(Frozen):
    """Have RAUC look into the bundle of this update."""

    id: str


class Install(Frozen):
    """Have RAUC install the bundle of this update."""

    id: str


class Repair(Frozen):
    """Have an empty file system written into a slot that cannot be mounted.

    Answer ``SlotRepaired`` or ``RepairFailed``.
    """

    id: str
    slot: str


class RemoveBundle(Frozen):
    """Delete the bundle of this update, whole or in part."""

    id: str


class ReadSlots(Frozen):
    """Ask RAUC for its slots again."""


class Reboot(Frozen):
    """Ask logind to reboot."""


class ReleaseShutdown(Frozen):
    """Release the inhibitor, so that the machine may go down."""


class SaveWebEnabled(Frozen):
    """Remember on the data partition whether the web server is wanted."""

    enabled: bool


class ForgetTries(Frozen):
    """Forget all wrong PINs."""


class StartHotspot(Frozen):
    """Bring the access point up with a new password; answer ``HotspotStarted`` or ``HotspotFailed``."""


class StopHotspot(Frozen):
    """Take the access point down, and let Wi-Fi look for a network; answer ``HotspotStopped`` or ``HotspotFailed``."""


class ScanWifi(Frozen):
    """Look for networks; answer ``WifiScanned`` or ``WifiScanFailed``.

    ``over_hotspot`` says that the hotspot is up or about to be, so that wpa_supplicant may run for this alone.
    """

    over_hotspot: bool = False


class PrepareWifi(Frozen):
    """Check that the station's file can be written; answer ``WifiPrepared`` or ``WifiJoinFailed``.

    Only the actor keeps what is needed to join the network. With ``saved`` that is in the station's file already.
    """

    ssid: Ssid
    password: str | None = field(repr=False)
    security: Security | None
    hidden: bool
    saved: bool = False


class ConnectWifi(Frozen):
    """Connect to the network that was prepared for; answer ``WifiConnected`` or ``WifiJoinFailed``."""


class KeepWifi(Frozen):
    """Write the network into the station's file, to be joined at every boot before the others.

    Answer ``WifiKept`` or ``WifiJoinFailed``.
    """


class LeaveWifi(Frozen):
    """Give up the network that was prepared for, and look for those of the station's file again."""


class ForgetWifi(Frozen):
    """Take a network out of the station's file; answer ``WifiSaved`` or ``WifiFileFailed``."""

    ssid: Ssid


class SetWifiCountry(Frozen):
    """Write the country, or none, into the station's file; answer ``WifiSaved`` or ``WifiFileFailed``."""

    country: str | None


HotspotCommand = StartHotspot | StopHotspot
WifiCommand = ScanWifi | PrepareWifi | ConnectWifi | KeepWifi | LeaveWifi | ForgetWifi | SetWifiCountry
UpdateCommand = WriteJournal | Inspect | Install | Repair | RemoveBundle | ReadSlots | Reboot
Command = UpdateCommand | ReleaseShutdown | SaveWebEnabled | ForgetTries | HotspotCommand | WifiCommand
