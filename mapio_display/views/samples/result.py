"""Samples of the view "result"."""

from dataclasses import replace

from mapio_display.core import failures
from mapio_display.core.facts.network import Network
from mapio_display.core.failures import Why, of_rauc
from mapio_display.core.message import message
from mapio_display.core.record import Result
from mapio_display.views.sample import (
    UPDATED,
    ended,
    failed,
    last,
)

other_name = replace(
    UPDATED.last_update or last(Result.SUCCEEDED, None), reason=message("succeeded.other-name", version="1.4.1")
)
SAMPLES = {
    "result-succeeded": UPDATED,
    "result-succeeded-other-name": replace(UPDATED, last_update=other_name),
    "result-succeeded-no-network": replace(UPDATED, network=Network()),
    "result-untrusted": failed(of_rauc(Why.UNTRUSTED, "self-signed")),
    "result-clock": failed(of_rauc(Why.NOT_YET_VALID, "not yet", clock_is_right=False)),
    "result-wrong-device": failed(of_rauc(Why.WRONG_DEVICE, "")),
    "result-damaged": failed(of_rauc(Why.DAMAGED, "Signature size is 0")),
    "result-install-failed": failed(
        of_rauc(
            Why.UNKNOWN,
            "Installation error: Failed updating slot rootfs.1: failed to copy the image, "
            "and the kernel log says: mmcblk1: error -110 transferring data",
        )
    ),
    "result-no-rauc": failed(failures.RAUC_UNAVAILABLE),
    "result-low-battery": failed(failures.LOW_BATTERY),
    "result-no-slot": failed(of_rauc(Why.NO_SLOT, "")),
    "result-failed": ended(Result.FAILED, message("failed.not-next")),
    "result-rolled-back": ended(Result.ROLLED_BACK, message("rolled-back.never", slot="B")),
    "result-installed": ended(Result.INSTALLED, message("installed.by-other-means", slot="B")),
    "result-interrupted": ended(Result.INTERRUPTED, failures.connection_lost(147849216, 314572800).message),
}
