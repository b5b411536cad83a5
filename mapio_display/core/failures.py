"""The catalogue of failures: from RAUC's texts and our own situations to a code, plain words and the remedy.

RAUC reports no error codes over D-Bus, only English text (its issue 690), so the text is what there is to go by. A text
that is not in the catalogue is passed through as it came.
"""

import math
import re
from dataclasses import dataclass, replace

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

_UNTRUSTED, _INSTALL_FAILED = "untrusted", "install-failed"

# What RAUC's text holds, in any case, and what that means; the first that fits counts.
_OF_RAUC = {
    r"signature verification failed.*(not yet valid|expired)": Failure(
        _UNTRUSTED,
        "The gateway's clock does not fit the bundle's certificate. "
        "Connect it to the Internet, so that its clock is set, and try again.",
    ),
    r"signature verification failed": Failure(
        _UNTRUSTED,
        "This bundle is not signed for this gateway. "
        "Use an official bundle, or one signed with the key of your own image.",
    ),
    r"compatible mismatch": Failure(
        "wrong-device", "This bundle is made for another kind of device. Choose a bundle made for this gateway."
    ),
    r"already processing": OTHER_INSTALL,
    r"invalid bundle format|^\s*$": Failure(
        "damaged", "This file is not a complete bundle. Download the .raucb file again and choose that one."
    ),
    r"bundle format .* not allowed": Failure(
        _INSTALL_FAILED,
        "This system does not take bundles of this format. Choose a bundle made for the OS that runs on this gateway.",
    ),
    r"failed to mount slot": Failure(
        _INSTALL_FAILED,
        "This bundle reads the other slot before it is written, and that slot cannot be read. "
        "Use a bundle without a pre-install hook.",
    ),
    r"exclusive bundle access": Failure(
        _INSTALL_FAILED,
        "Another program has the bundle open. Send it again; if that does not help, restart the gateway.",
    ),
}


def from_rauc(text: str) -> Failure:
    """Classify the text of RAUC's ``LastError`` or of one of its D-Bus errors."""
    for pattern, failure in _OF_RAUC.items():
        if re.search(pattern, text, re.IGNORECASE | re.DOTALL):
            return replace(failure, detail=text)
    return Failure(
        _INSTALL_FAILED,
        f"RAUC could not install the bundle: {text.rstrip('. ')}. The running system is unchanged; you can try again.",
        text,
    )


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
NO_TARGET_SLOT = Failure(
    "install-failed",
    "RAUC names no second slot to install into, so no update is possible on this system.",
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
