"""The catalogue of failures: from RAUC's reasons and our own situations to codes with facts, worded in ``words/``."""

from dataclasses import replace
from enum import StrEnum

from mapio_display.core.message import Fact, Message, message
from mapio_display.frozen import Frozen


class Failure(Frozen):
    """What went wrong: a stable code for programs, the message with the remedy, and the raw text where there is one."""

    code: str
    message: Message
    detail: str | None = None

    def __str__(self) -> str:
        """In a line of a log: the message's code and facts, and the raw text."""
        return f"{self.message} {self.detail}" if self.detail else str(self.message)


def failure(said: str, detail: str | None = None, **facts: Fact) -> Failure:
    """Make a failure of its message's code: what is before a dot there is the failure's own."""
    return Failure(said.partition(".")[0], message(said, **facts), detail)


UPDATE_UNDER_WAY = failure("update-under-way")
OTHER_INSTALL = failure("update-under-way.by-another")


class Why(StrEnum):
    """Why RAUC did not install a bundle, as far as its words show (see ``rauc/texts.py``)."""

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


_OF_RAUC = {
    Why.OUT_OF_DATE: failure("untrusted.expired"),
    Why.NOT_YET_VALID: failure("untrusted.not-yet-valid"),
    Why.UNTRUSTED: failure("untrusted"),
    Why.NO_KEYRING: failure("install-failed.no-keyring"),
    Why.WRONG_DEVICE: failure("wrong-device"),
    Why.BUSY: OTHER_INSTALL,
    Why.NO_UNSQUASHFS: failure("install-failed.no-unsquashfs"),
    Why.TOO_LARGE_FOR_PLAIN: failure("install-failed.too-large-for-plain"),
    Why.DAMAGED: failure("damaged"),
    Why.FORMAT: failure("install-failed.format"),
    Why.NO_VERITY: failure("install-failed.no-verity"),
    Why.TOO_OLD: failure("install-failed.too-old"),
    Why.HOOK: failure("install-failed.hook"),
    Why.NO_SLOT: failure("install-failed.no-slot"),
    Why.CANNOT_MOUNT: failure("install-failed.cannot-mount"),
    Why.BOOT_READ_ONLY: failure("install-failed.boot-read-only"),
    Why.BOOT_LOADER: failure("install-failed.boot-loader"),
    Why.HELD_OPEN: failure("install-failed.held-open"),
}


def of_rauc(why: Why, text: str, *, clock_is_right: bool = True) -> Failure:
    """Say why RAUC did not install; ``text`` is RAUC's own. A certificate's dates are held against the clock."""
    if why in (Why.OUT_OF_DATE, Why.NOT_YET_VALID) and not clock_is_right:
        return failure("untrusted.clock", text)
    if (known := _OF_RAUC.get(why)) is not None:
        return replace(known, detail=text)
    return failure("install-failed", text, text=text.rstrip(". "))


def not_repaired(reason: str, text: str) -> Failure:
    """RAUC cannot mount the slot for the bundle's hook, and it was not repaired; ``text`` is RAUC's own."""
    return failure("install-failed.not-repaired", text, reason=reason.rstrip(". "))


def repair_unclear(text: str) -> Failure:
    """Which slot is to be repaired is not clear; ``text`` is RAUC's own."""
    return failure("install-failed.repair-unclear", text)


def repair_unanswered(text: str) -> Failure:
    """The repair took too long; ``text`` is RAUC's own."""
    return failure("install-failed.repair-unanswered", text)


def no_space(needed: int, available: int) -> Failure:
    """Not enough room on the data partition; both figures in bytes."""
    return failure("no-space", f"needed={needed} available={available}", needed=needed, available=available)


def too_large(size: int, limit: int) -> Failure:
    """The request is larger than ``max_bundle_bytes``; both figures in bytes."""
    return failure("too-large", f"size={size} limit={limit}", size=size, limit=limit)


def connection_lost(received: int, size: int | None) -> Failure:
    """The sender went away in the middle of the transfer; both figures in bytes."""
    detail = f"received={received} size={size}"
    if not size:
        return failure("connection-lost", detail)
    return failure("connection-lost.at", detail, percent=100 * received // size)


def storage(text: str) -> Failure:
    """The data partition did not take a write; ``text`` says which file and why."""
    return failure("storage", text)


def web_switch_not_kept(text: str, *, enabled: bool) -> Failure:
    """Whether the web server is wanted could not be written; ``text`` says which file and why."""
    return failure("storage.web-on" if enabled else "storage.web-off", text)


def pin_not_kept(text: str) -> Failure:
    """A new PIN could not be written; ``text`` says which file and why."""
    return failure("storage.pin", text)


def of_announcement(known: Failure, *, clock_is_right: bool) -> Failure:
    """Why a server could not be asked. A certificate's dates are held against the clock."""
    dated = known.message.code in ("not-secure.expired", "not-secure.not-yet-valid")
    return failure("not-secure.clock", known.detail) if dated and not clock_is_right else known


NO_SUCH_UPLOAD = failure("no-such-upload")
NOTHING_TO_CANCEL = failure("nothing-to-cancel")
NOTHING_TO_REBOOT = failure("nothing-to-reboot")
NOTHING_TO_ACKNOWLEDGE = failure("nothing-to-acknowledge")
CANCELLED = failure("cancelled")
RELEASES_OFF = failure("releases-off")
NO_OFFER = failure("no-offer")
RAUC_UNAVAILABLE = failure("rauc-unavailable")
RAUC_ABSENT = failure("rauc-unavailable.absent")
RAUC_FAILS = failure("rauc-unavailable.fails")
RAUC_SLOW = failure("rauc-unavailable.slow")
RAUC_UNHEARD = failure("rauc-unavailable.unheard")
NO_DATA_PARTITION = failure("no-data-partition")
READ_ONLY = failure("read-only")
PRIMARY_UNKNOWN = failure("reboot-failed.primary-unknown")
REBOOT_IGNORED = failure("reboot-failed.installed")
LOW_BATTERY = failure("low-battery")
RESTART_IGNORED = failure("reboot-failed")
INTERRUPTED = failure("interrupted")


def without_rauc(*, fails: bool, slow: bool) -> Failure:
    """Why RAUC cannot be used: it does not start, has not answered in time, or is not there."""
    return RAUC_FAILS if fails else RAUC_SLOW if slow else RAUC_ABSENT
