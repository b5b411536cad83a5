"""What the pages show of a newer version: from the snapshot to what the template ``offer.html`` shows."""

from mapio_display.core.facts.release import is_shown
from mapio_display.core.facts.update import Phase
from mapio_display.core.snapshot import Snapshot
from mapio_display.frozen import Frozen
from mapio_display.web.pages.sentences import Banner, explained_obstacle
from mapio_display.words.catalogue import Words


class Offer(Frozen):
    """The offered ``version``, "is available" in words, and its notes; all empty without an offer.

    ``failed`` is why the last check got no answer, and ``problem`` why a download did not begin.
    """

    version: str = ""
    available: str = ""
    notes: str = ""
    dismissable: bool = False
    installable: bool = False
    opening: bool = False
    checking: bool = False
    checked_at: str = ""
    failed: str = ""
    problem: Banner | None = None


def offer(snapshot: Snapshot, words: Words) -> Offer | None:
    """What the OTA page shows; None where no server is asked, and while an update is under way."""
    release, update = snapshot.release, snapshot.update
    if not release.enabled or update.phase not in (Phase.IDLE, Phase.FAILED):
        return None
    begun = words.text("page.release.not-begun")
    problem = release.download_error
    return Offer(
        version=release.version or "",
        available=available(snapshot, words),
        notes=release.notes or "",
        dismissable=is_shown(snapshot),
        installable=explained_obstacle(snapshot) is None,
        opening=release.opening,
        checking=release.checking,
        checked_at=release.checked_at or "",
        failed=words.say(release.error.message) if release.error else "",
        problem=Banner("bad", begun, words.say(problem.message)) if problem else None,
    )


def shown_offer(snapshot: Snapshot, words: Words) -> Offer | None:
    """What the home page shows of it: an offer that was not dismissed."""
    return offer(snapshot, words) if is_shown(snapshot) else None


def available(snapshot: Snapshot, words: Words) -> str:
    """That a version is available, with its size where that is known; nothing without an offer."""
    version, size = snapshot.release.version, snapshot.release.size
    if version is None:
        return ""
    if size is None:
        return words.text("offer.available", version=version)
    return words.text("offer.available.size", version=version, size=size)


def explains(snapshot: Snapshot) -> str:
    """The code of the failure that the page explains here, so that the script need not report it again."""
    error = snapshot.release.download_error or snapshot.release.error
    return error.code if error else ""
