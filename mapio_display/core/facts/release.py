"""Newer bundles: what is announced, whether it is offered, and what the owner decides about it."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation, Request
from mapio_display.core.facts.update import Phase, UploadOpened, UploadResumed
from mapio_display.core.failures import NO_OFFER, RELEASES_OFF, UPDATE_UNDER_WAY, Failure, of_announcement
from mapio_display.core.versions import is_newer
from mapio_display.errors import NotNow, Refused
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Announcement(Frozen):
    """A version, and where its bundle is; ``size`` in bytes and ``sha256`` in hexadecimal digits where announced.

    ``notes`` are lines of plain text. ``compatible`` is the kind of device it is for, in RAUC's sense. ``rollout`` is
    the share of gateways that it is offered to, in percent.
    """

    version: str
    url: str
    size: int | None = None
    sha256: str | None = None
    notes: str = ""
    compatible: str | None = None
    rollout: int = 100


class Release(Frozen):
    """What is offered: ``version``, ``notes`` and ``size`` follow from what is ``announced``; None without an offer.

    ``dismissed``: the owner does not want to be reminded of it. A check is under way while ``checking``, and the
    download is about to begin while ``opening``. The last answer came ``checked_at``; ``error`` is why the last check
    got none, ``download_error`` why the download did not begin. A rollout of at least ``number`` percent reaches this
    gateway, and so does the version that the owner has asked for (``wanted``). ``quiet`` is the dismissed version.
    """

    PUBLIC: ClassVar = (
        "enabled",
        "version",
        "notes",
        "size",
        "dismissed",
        "checking",
        "opening",
        "checked_at",
        "error",
        "download_error",
        "number",
    )
    enabled: bool = False
    version: str | None = None
    notes: str | None = None
    size: int | None = None
    dismissed: bool = False
    checking: bool = False
    opening: bool = False
    checked_at: str | None = None
    error: Failure | None = None
    download_error: Failure | None = None
    number: int | None = None
    announced: Announcement | None = None
    asked: bool = False
    wanted: str | None = None
    quiet: str | None = None


class ReleaseRestored(Observation):
    """Newer bundles are looked for, and this is known from before this start."""

    number: int
    announced: Announcement | None = None
    wanted: str | None = None
    quiet: str | None = None
    checked_at: str | None = None


class CheckRequested(Request):
    """The owner asks for a check now."""


class CheckDue(Observation):
    """The daily check of this gateway is due."""


class ReleaseAnnounced(Observation):
    """The server has answered; None where its answer is the one from before."""

    announced: Announcement | None


class CheckFailed(Observation):
    """The server did not answer, or not with an announcement."""

    failure: Failure


class InstallRequested(Request):
    """The owner installs the offered version; ``version`` is the one that was shown, where that is known."""

    version: str | None = None


class DownloadFailed(Observation):
    """The download did not begin."""

    failure: Failure


class DismissRequested(Request):
    """The owner does not want to be reminded of the offered version."""


def settle(snapshot: "Snapshot") -> "Snapshot":
    """Offer what is announced if it is newer than what runs, meant for this gateway, and rolled out to it."""
    announced = snapshot.release.announced
    if announced is None or not _is_offered(snapshot, announced):
        return _with(snapshot, version=None, notes=None, size=None)
    offer = {"version": announced.version, "notes": announced.notes, "size": announced.size}
    return _with(snapshot, **offer, dismissed=snapshot.release.quiet == announced.version)


def is_shown(snapshot: "Snapshot") -> bool:
    """Whether there is an offer that the owner has not dismissed."""
    return snapshot.release.version is not None and not snapshot.release.dismissed


def _is_offered(snapshot: "Snapshot", announced: Announcement) -> bool:
    release, running = snapshot.release, snapshot.os.version
    if running is None or not is_newer(announced.version, running):
        return False
    if announced.compatible is not None and snapshot.rauc.compatible not in (None, announced.compatible):
        return False
    reached = release.number is not None and release.number <= announced.rollout
    return reached or release.wanted == announced.version


def _with(snapshot: "Snapshot", **changes: object) -> "Snapshot":
    return replace(snapshot, release=replace(snapshot.release, **changes))  # type: ignore[arg-type]


def _restored(snapshot: "Snapshot", event: ReleaseRestored, now: Now) -> Change:
    restored = Release(
        enabled=True,
        number=event.number,
        announced=event.announced,
        wanted=event.wanted,
        quiet=event.quiet,
        checked_at=event.checked_at,
    )
    return replace(snapshot, release=restored), ()


def _check_requested(snapshot: "Snapshot", event: CheckRequested, now: Now) -> Change:
    if not snapshot.release.enabled:
        raise Refused(RELEASES_OFF)
    return _with(snapshot, checking=True, asked=True), ()


def _check_due(snapshot: "Snapshot", event: CheckDue, now: Now) -> Change:
    return (_with(snapshot, checking=True) if snapshot.release.enabled else snapshot), ()


def _announced(snapshot: "Snapshot", event: ReleaseAnnounced, now: Now) -> Change:
    release = snapshot.release
    announced = release.announced if event.announced is None else event.announced
    wanted = announced.version if announced is not None and release.asked else release.wanted
    done = {"checking": False, "asked": False, "error": None, "download_error": None}
    return _with(snapshot, **done, announced=announced, wanted=wanted, checked_at=now.iso), ()


def _check_failed(snapshot: "Snapshot", event: CheckFailed, now: Now) -> Change:
    error = of_announcement(event.failure, clock_is_right=now.iso is not None)
    return _with(snapshot, checking=False, asked=False, error=error), ()


def _install_requested(snapshot: "Snapshot", event: InstallRequested, now: Now) -> Change:
    release, update = snapshot.release, snapshot.update
    if not release.enabled:
        raise Refused(RELEASES_OFF)
    if release.version is None or event.version not in (None, release.version):
        raise NotNow(NO_OFFER)
    if update.phase not in (Phase.IDLE, Phase.FAILED) and not update.cut_off:
        raise NotNow(UPDATE_UNDER_WAY)
    return _with(snapshot, opening=True, download_error=None), ()


def _begun(snapshot: "Snapshot", event: UploadOpened | UploadResumed, now: Now) -> Change:
    return (_with(snapshot, opening=False) if snapshot.release.opening else snapshot), ()


def _not_begun(snapshot: "Snapshot", event: DownloadFailed, now: Now) -> Change:
    error = of_announcement(event.failure, clock_is_right=now.iso is not None)
    return _with(snapshot, opening=False, download_error=error), ()


def _dismissed(snapshot: "Snapshot", event: DismissRequested, now: Now) -> Change:
    if not is_shown(snapshot):
        raise NotNow(NO_OFFER)
    return _with(snapshot, quiet=snapshot.release.version), ()


HANDLERS: Handlers = {
    ReleaseRestored: _restored,
    CheckRequested: _check_requested,
    CheckDue: _check_due,
    ReleaseAnnounced: _announced,
    CheckFailed: _check_failed,
    InstallRequested: _install_requested,
    UploadOpened: _begun,
    UploadResumed: _begun,
    DownloadFailed: _not_begun,
    DismissRequested: _dismissed,
}
