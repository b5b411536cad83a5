"""What RAUC's English texts mean.

RAUC reports no error codes over D-Bus, only text (its issue 690), so the text is what there is to go by. The words are
those of RAUC 1.8 to 1.16.
"""

import re

from mapio_display.core.failures import Why
from mapio_display.core.message import Message, message

# What RAUC's text holds, in any case, and what that means; the first that fits counts.
_WORDS = {
    r"signature verification failed.*not yet valid": Why.NOT_YET_VALID,
    r"signature verification failed.*expired": Why.OUT_OF_DATE,
    r"signature verification failed": Why.UNTRUSTED,
    r"no keyring|failed to load (the )?ca|keyring .*(not found|no such file)": Why.NO_KEYRING,
    r"compatible mismatch": Why.WRONG_DEVICE,
    r"already processing": Why.BUSY,
    r"failed to run unsquashfs(?!.*exited with code)": Why.NO_UNSQUASHFS,
    r"exceeds maximum for bundles using plain format": Why.TOO_LARGE_FOR_PLAIN,
    r"invalid bundle format|^\s*$": Why.DAMAGED,
    r"bundle format .* not allowed": Why.FORMAT,
    r"dm-verity|verity device|/dev/mapper/control": Why.NO_VERITY,
    r"version mismatch": Why.TOO_OLD,
    r"failed to mount slot": Why.CANNOT_MOUNT,
    r"no target slot|could not determine target group": Why.NO_SLOT,
    r"exited with code 247|read-only file system.*fw_setenv|status file.*/boot/.*read-only": Why.BOOT_READ_ONLY,
    r"failed marking slot|fw_(set|print)env": Why.BOOT_LOADER,
    r"hook|handler error|bundle rejected": Why.HOOK,
    r"exclusive bundle access": Why.HELD_OPEN,
}

# The steps of an install, as RAUC names them in its progress.
_STEPS = {
    "determining slot states": message("rauc.slots"),
    "checking bundle": message("rauc.bundle"),
    "verifying signature": message("rauc.signature"),
    "checking manifest contents": message("rauc.manifest"),
    "determining target install group": message("rauc.group"),
    "updating slots": message("rauc.updating"),
}


def step(progress: str) -> Message | None:
    """What RAUC is at, by the message of its ``Progress``; None where that is not known."""
    text = progress.removesuffix(" done.")
    what, _, slot = text.rpartition(" ")
    match what.casefold():
        case "checking slot":
            return message("rauc.checking", slot=slot)
        case "copying image to":
            return message("rauc.copying", slot=slot)
        case _:
            return _STEPS.get(text.casefold())


def why(text: str) -> Why:
    """Classify the text of RAUC's ``LastError`` or of one of its D-Bus errors."""
    return next(
        (why for words, why in _WORDS.items() if re.search(words, text, re.IGNORECASE | re.DOTALL)), Why.UNKNOWN
    )


def writes_slot(message: str) -> bool:
    """Say whether the message of RAUC's ``Progress`` means that it found the bundle good and writes the slot."""
    return message.casefold().startswith(("updating slots", "copying image"))


def is_busy(text: str) -> bool:
    """Say whether RAUC refused a call because it processes another one."""
    return "already processing" in text.casefold()


def says_nothing(text: str) -> bool:
    """Say whether this is all that RAUC 1.8 says about a bundle that it would refuse."""
    return text.strip() == "rauc info error"
