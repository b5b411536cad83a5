"""Why no update is possible: one answer for the panel, the page, the console, the lights and every request."""

from mapio_display.core import failures
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.power import too_low
from mapio_display.core.facts.update import Step
from mapio_display.core.failures import Failure
from mapio_display.core.snapshot import Snapshot


def why_no_update(snapshot: Snapshot) -> Failure | None:
    """Why no bundle can be taken in, whatever the update is at; None if nothing stands in the way."""
    waits = snapshot.update.waits
    if waits is not None and waits.step is Step.JUDGING:
        return failures.UPDATE_UNDER_WAY
    if (failure := why_no_updates(snapshot)) is not None:
        return failure
    if snapshot.rauc.available is None:
        return failures.RAUC_UNHEARD
    return failures.LOW_BATTERY if too_low(snapshot) else None


def why_no_updates(snapshot: Snapshot) -> Failure | None:
    """Why this gateway takes no updates at all; None where it does, or that is not known."""
    rauc = snapshot.rauc
    return lasting(snapshot.data_partition, snapshot.system.data_writable, rauc.available, rauc.fails, rauc.slow)


def lasting(
    partition: str | None, writable: bool | None, rauc: bool | None, fails: bool | None, slow: bool | None
) -> Failure | None:
    """The same from what a status says of the data partition, whether it can be written, and RAUC."""
    if partition == DataPartition.MISSING:
        return failures.NO_DATA_PARTITION
    if writable is False:
        return failures.READ_ONLY
    if rauc is not False:
        return None
    return failures.without_rauc(fails=bool(fails), slow=bool(slow))
