"""The catalogue of failures: from RAUC's reasons and our own situations to a code, plain words and the remedy."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from mapio_display.core.sizes import amount


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: a stable code, plain words with the remedy, and the raw text where there is one."""

    code: str
    message: str
    detail: str | None = None


UPDATE_UNDER_WAY = Failure(
    "update-under-way", "An update is already under way. Wait until it has finished, then try again."
)
OTHER_INSTALL = Failure(
    UPDATE_UNDER_WAY.code,
    "Another program is installing an update. Wait until it has finished, then send the bundle again.",
)


class Why(StrEnum):
    """Why RAUC did not install a bundle, as far as its words tell (see ``rauc/texts.py``)."""

    UNKNOWN = "unknown"
    OUT_OF_DATE = "out-of-date"
    NOT_YET_VALID = "not-yet-valid"
    UNTRUSTED = "untrusted"
    NO_KEYRING = "no-keyring"
    WRONG_DEVICE = "wrong-device"
    BUSY = "busy"
    NO_UNSQUASHFS = "no-unsquashfs"
    TOO_LARGE_FOR_PLAIN = "too-large-for-plain"
    DAMAGED = "damaged"
    FORMAT = "format"
    NO_VERITY = "no-verity"
    TOO_OLD = "too-old"
    HOOK = "hook"
    NO_SLOT = "no-slot"
    CANNOT_MOUNT = "cannot-mount"
    BOOT_READ_ONLY = "boot-read-only"
    BOOT_LOADER = "boot-loader"
    HELD_OPEN = "held-open"


_CLOCK = "Connect it to the Internet, so that its clock is set, and send the bundle again."
_UNTRUSTED, _INSTALL_FAILED = "untrusted", "install-failed"
_OF_RAUC = {
    Why.OUT_OF_DATE: Failure(
        _UNTRUSTED,
        "The certificate that this bundle is signed with has expired. Get a newer bundle, or have it signed again.",
    ),
    Why.NOT_YET_VALID: Failure(
        _UNTRUSTED,
        "The certificate that this bundle is signed with is not valid yet. "
        "Send the bundle when it is, or have it signed again.",
    ),
    Why.UNTRUSTED: Failure(
        _UNTRUSTED,
        "This bundle is not signed for this gateway. "
        "Use an official bundle, or one signed with the key of your own image.",
    ),
    Why.NO_KEYRING: Failure(
        _INSTALL_FAILED,
        "This system lacks the certificate that bundles are verified with. "
        "It must be where RAUC's configuration says, see [keyring] in /etc/rauc/system.conf.",
    ),
    Why.WRONG_DEVICE: Failure(
        "wrong-device", "This bundle is made for another kind of device. Choose a bundle made for this gateway."
    ),
    Why.BUSY: OTHER_INSTALL,
    Why.NO_UNSQUASHFS: Failure(
        _INSTALL_FAILED,
        "This system lacks the program unsquashfs, without which RAUC can open no bundle. "
        "Install squashfs-tools on it, or write an image that has it to the gateway.",
    ),
    Why.TOO_LARGE_FOR_PLAIN: Failure(
        _INSTALL_FAILED,
        'This bundle is larger than 2 GiB, and RAUC takes none so large in the format "plain". '
        'Use a smaller one, or one in the format "verity" if the system\'s configuration allows that.',
    ),
    Why.DAMAGED: Failure(
        "damaged", "This file is not a complete bundle. Download the .raucb file again and choose that one."
    ),
    Why.FORMAT: Failure(
        _INSTALL_FAILED,
        "This system does not take bundles of this format. Choose a bundle made for the OS that runs on this gateway.",
    ),
    Why.NO_VERITY: Failure(
        _INSTALL_FAILED,
        "This system's kernel lacks dm-verity, which bundles of this format need. "
        "Choose a bundle made for the OS that runs on this gateway.",
    ),
    Why.TOO_OLD: Failure(
        _INSTALL_FAILED,
        "This system takes no bundle as old as this one (min-bundle-version in RAUC's configuration). "
        "Choose a newer bundle.",
    ),
    Why.HOOK: Failure(
        _INSTALL_FAILED,
        "A hook of the bundle ended with an error. The details have its words; whoever made the bundle can tell more.",
    ),
    Why.NO_SLOT: Failure(
        _INSTALL_FAILED,
        "This system has no second slot that the bundle could be installed into. "
        "Choose a bundle made for the OS that runs on this gateway.",
    ),
    Why.CANNOT_MOUNT: Failure(
        _INSTALL_FAILED,
        "This bundle reads the other slot before it is written, and that slot cannot be read. "
        "Use a bundle without a pre-install hook.",
    ),
    Why.BOOT_READ_ONLY: Failure(
        _INSTALL_FAILED,
        "The boot partition cannot be written, so no other slot can be chosen. "
        "Restart the gateway; if /boot is still read-only then, check that partition (fsck) or replace its storage.",
    ),
    Why.BOOT_LOADER: Failure(
        _INSTALL_FAILED,
        "RAUC cannot change what the boot loader starts. Check that /boot is mounted and can be written.",
    ),
    Why.HELD_OPEN: Failure(
        _INSTALL_FAILED,
        "Another program has the bundle open. Send it again; if that does not help, restart the gateway.",
    ),
}


def of_rauc(why: Why, text: str, *, clock_is_right: bool = True) -> Failure:
    """Word why RAUC did not install; ``text`` is RAUC's own. A certificate's dates are held against the clock."""
    if why in (Why.OUT_OF_DATE, Why.NOT_YET_VALID) and not clock_is_right:
        message = f"The gateway's clock does not fit the bundle's certificate. {_CLOCK}"
        return Failure(_UNTRUSTED, message, text)
    if (failure := _OF_RAUC.get(why)) is not None:
        return replace(failure, detail=text)
    message = f"RAUC could not install the bundle: {text.rstrip('. ')}. The running system is unchanged."
    return Failure(_INSTALL_FAILED, message, text)


def not_repaired(reason: str, text: str) -> Failure:
    """RAUC cannot mount the slot for the bundle's hook, and it was not repaired; ``text`` is RAUC's own."""
    message = f"{_OF_RAUC[Why.CANNOT_MOUNT].message} It was not repaired: {reason.rstrip('. ')}."
    return Failure(_INSTALL_FAILED, message, text)


def no_space(needed: int, available: int) -> Failure:
    """Not enough room on the data partition; both figures in bytes."""
    return Failure(
        "no-space",
        f"The data partition has {amount(available, math.floor)} free and the bundle needs "
        f"{amount(needed, math.ceil)}. "
        "Remove what you no longer need (for example unused Docker images) and try again.",
        f"needed={needed} available={available}",
    )


def too_large(size: int, limit: int) -> Failure:
    """The request is larger than ``max_bundle_bytes``; both figures in bytes."""
    return Failure(
        "too-large",
        f"The file has {amount(size, math.ceil)} and this gateway takes bundles of at most "
        f"{amount(limit, math.floor)}. "
        "Check that you chose the right file, or raise max_bundle_bytes in the configuration.",
        f"size={size} limit={limit}",
    )


def connection_lost(received: int, size: int | None) -> Failure:
    """The sender went away in the middle of the transfer; both figures in bytes."""
    share = f" after {100 * received // size} %" if size else ""
    return Failure(
        "connection-lost",
        f"The connection was lost{share} of the transfer. Nothing was changed; send the bundle again.",
        f"received={received} size={size}",
    )


def storage(text: str) -> Failure:
    """The data partition did not take a write; ``text`` says which file and why."""
    return Failure(
        "storage",
        "The data partition could not be written, so the update was not started. "
        "Check that /usr/local is mounted and has space, then try again.",
        text,
    )


def not_kept(what: str, text: str) -> Failure:
    """The data partition did not take something small; ``what`` begins the sentence."""
    return Failure(
        "storage",
        f"{what} could not be written to the data partition. "
        "Check that /usr/local is mounted and has space, then try again.",
        text,
    )


NO_SUCH_UPLOAD = Failure("no-such-upload", "This upload is not known here any more. Send the bundle again.")
NOTHING_TO_CANCEL = Failure(
    "nothing-to-cancel", "There is no transfer to give up. An installation that has begun cannot be stopped safely."
)
NOTHING_TO_REBOOT = Failure("nothing-to-reboot", "No installed update is waiting for a restart.")
NOTHING_TO_ACKNOWLEDGE = Failure("nothing-to-acknowledge", "There is no failure or result to put away.")
CANCELLED = Failure("cancelled", "The transfer was cancelled. Nothing was changed.")
RAUC_UNAVAILABLE = Failure(
    "rauc-unavailable",
    "The update service RAUC does not answer, so no update can be installed. Restart the gateway and try again.",
)
RAUC_FAILS = Failure(
    RAUC_UNAVAILABLE.code,
    "The update service RAUC does not start, so no update can be installed. Its log says why: journalctl -u rauc.",
)
NO_DATA_PARTITION = Failure(
    "no-data-partition",
    "The data partition is not mounted, so there is nowhere to put a bundle. Restart the gateway; "
    "if that does not help, its storage is damaged.",
)
READ_ONLY = Failure(
    "read-only",
    "The data partition cannot be written, so there is nowhere to put a bundle. Restart the gateway, which checks it; "
    "if that does not help, its storage is damaged.",
)
PRIMARY_UNKNOWN = Failure(
    "reboot-failed",
    "The update is installed, but RAUC does not say which slot is started next, so the gateway was not restarted. "
    "Restart it when it suits you.",
)
REBOOT_IGNORED = Failure(
    "reboot-failed",
    "The update is installed, but the gateway did not restart when asked. "
    "Restart it from the page, or switch it off and on.",
)
LOW_BATTERY = Failure(
    "low-battery",
    "The gateway runs on its battery, and that is too low for an update. Connect it to the mains and try again.",
)
RESTART_IGNORED = Failure(
    "reboot-failed", "The gateway did not restart when asked. Try again, or switch it off and on."
)


def reboot_refused(text: str) -> Failure:
    """Logind did not take the reboot; ``text`` is its answer."""
    return Failure(REBOOT_IGNORED.code, REBOOT_IGNORED.message, text)
