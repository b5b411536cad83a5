"""Wrong PINs: how many came from where, and how long the next one has to wait.

Six digits are few, so what keeps a guesser out is the time between two tries. Each address has a count of its own, so
that a guesser does not keep its neighbours out; one for all addresses together is for a guesser with many; and a
browser that was signed in before has its own, which neither of the two touches. ``docs/http.md`` has the arithmetic.

The counts are in a file on the runtime directory, because a restart of the daemon must not forget them. Only root may
read it. Times are seconds of CLOCK_MONOTONIC, which mean nothing after a reboot; neither does the file.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from mapio_display.durable import BootFile
from mapio_display.frozen import Frozen
from mapio_display.web.auth.address import network_of

log = logging.getLogger(__name__)

KNOWN_MOST = 256  # addresses, and browsers: those with the lowest count are dropped first
MARK_S = 24 * 3600.0  # how long panel and page name the address that sign-in was closed for


class Limit(Frozen):
    """``free`` wrong tries close sign-in for ``first_s`` seconds; each further one for twice that, up to ``longest_s``.

    One wrong try is forgiven every ``forgiven_s`` seconds. That is never sooner than ``longest_s``, so a client
    that goes on gets no more than one try in that time.
    """

    free: int
    first_s: float
    longest_s: float
    forgiven_s: float

    def wait_s(self, count: int) -> float:
        """How long sign-in stays closed after wrong try number ``count``."""
        if count < self.free:
            return 0.0
        return min(self.first_s * 2.0 ** (count - self.free), self.longest_s)


ONE = Limit(free=5, first_s=60.0, longest_s=3600.0, forgiven_s=3600.0)
ALL = Limit(free=50, first_s=600.0, longest_s=600.0, forgiven_s=600.0)


class Count(Frozen):
    """Wrong tries that are not forgiven; ``at`` is when the forgiving goes on from, ``closed_until`` ends a wait."""

    wrong: int = 0
    at: float = 0.0
    closed_until: float = 0.0

    def now(self, limit: Limit, mono: float) -> "Count":
        """The same, less what has been forgiven by now."""
        forgiven = min(self.wrong, int((mono - self.at) // limit.forgiven_s))
        return replace(self, wrong=self.wrong - forgiven, at=self.at + forgiven * limit.forgiven_s)

    def another(self, limit: Limit, mono: float) -> "Count":
        """The same, and one more wrong try."""
        count = self.now(limit, mono)
        wrong = count.wrong + 1
        return Count(wrong, count.at if count.wrong else mono, mono + limit.wait_s(wrong))


@dataclass(slots=True)
class _Counts:
    """What the file holds. ``marked`` is the address that sign-in was last closed for, and when that was."""

    everyone: Count = field(default_factory=Count)
    addresses: dict[str, Count] = field(default_factory=dict)
    browsers: dict[str, Count] = field(default_factory=dict)
    marked: tuple[str, float] | None = None


class Tries:
    """Counts wrong PINs, within one boot. ``monotonic`` gives seconds of CLOCK_MONOTONIC.

    A file that cannot be written is reported once; then the counts last until the daemon ends.
    """

    def __init__(self, path: Path, boot_id: str | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._file = BootFile(path, boot_id)
        self._monotonic = monotonic
        self._reported = False
        self._counts = self._load()

    @property
    def marked(self) -> tuple[str, float] | None:
        """The address that sign-in was last closed for, and until when panel and page name it."""
        marked = self._counts.marked
        if marked is None or self._monotonic() >= marked[1] + MARK_S:
            return None
        return marked[0], marked[1] + MARK_S

    def wait_s(self, address: str, browser: str | None) -> float:
        """How long sign-in is still closed, in seconds; 0 while it is open.

        ``browser`` names one that was signed in before; it has the tries of its address beside its own.
        """
        counts, mono = self._counts, self._monotonic()
        own = counts.addresses.get(network_of(address), Count())
        until = max(own.closed_until, counts.everyone.closed_until)
        if browser is not None:
            until = min(until, counts.browsers.get(browser, Count()).closed_until)
        return max(0.0, until - mono)

    def wrong(self, address: str, browser: str | None) -> tuple[str, float] | None:
        """Count a wrong try, and return when it is on record.

        Where that closes sign-in, gives what ``marked`` does.
        """
        counts, mono, network = self._counts, self._monotonic(), network_of(address)
        if browser is not None and counts.browsers.get(browser, Count()).closed_until <= mono:
            closed_s, whom = _count(counts.browsers, browser, mono), "a known browser"
        else:
            closed_s, whom = _count(counts.addresses, network, mono), "an address"
            counts.everyone = counts.everyone.another(ALL, mono)
            if counts.everyone.closed_until > mono:
                closed_s, whom = max(closed_s, counts.everyone.closed_until - mono), "all new browsers"
        if closed_s > 0:
            log.warning("Sign-in is closed for %s after wrong PINs address=%s seconds=%.0f", whom, network, closed_s)
            counts.marked = network, mono
        self._save()
        return self.marked if closed_s > 0 else None

    def right(self, address: str) -> bool:
        """Drop the mark if it names who has signed in now; says whether it did. The counts stay."""
        counts = self._counts
        if counts.marked is None or counts.marked[0] != network_of(address):
            return False
        counts.marked = None
        self._save()
        return True

    def forget(self) -> None:
        """Open sign-in for everybody again."""
        if self._counts.everyone.wrong or self._counts.browsers:
            log.info("Wrong PINs are forgotten")
        self._counts = _Counts()
        self._save()

    def _load(self) -> _Counts:
        try:
            kept = self._file.load()
            addresses, browsers = (
                {key: Count(**count) for key, count in kept.get(name, {}).items()} for name in ("addresses", "browsers")
            )
            address, at = kept.get("marked") or ("", 0.0)
            everyone = Count(**kept.get("everyone", {}))
            return _Counts(everyone, addresses, browsers, (address, at) if address else None)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read; wrong PINs are counted anew: %s", self._file.path, error)
            return _Counts()

    def _save(self) -> None:
        try:
            self._file.store(asdict(self._counts))
        except OSError as error:
            if not self._reported:
                log.error("%s cannot be written; a restart forgets wrong PINs: %s", self._file.path, error)
            self._reported = True


def _count(counts: dict[str, Count], key: str, mono: float) -> float:
    """Count a wrong try, and give how long it closes sign-in. Those without one left are dropped."""
    own = counts.get(key, Count()).another(ONE, mono)
    for other, count in list(counts.items()):
        if not count.now(ONE, mono).wrong:
            del counts[other]
    counts[key] = own
    if len(counts) > KNOWN_MOST:
        del counts[min((other for other in counts if other != key), key=lambda other: counts[other].wrong)]
    return own.closed_until - mono
