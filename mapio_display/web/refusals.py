"""Why the web server turns a request down, in codes; the update's own failures are the core's."""

import math

from mapio_display.core.failures import Failure, failure
from mapio_display.core.message import message
from mapio_display.core.text import decoded

BUSY_S = 5

NO_BUNDLE = failure("no-bundle")
LENGTH_REQUIRED = failure("length-required")
PIN_REQUIRED = failure("pin-required")
WRONG_PIN = failure("wrong-pin")
FOREIGN_HOST = failure("foreign-host")
FOREIGN_ORIGIN = failure("foreign-origin")
HEAD_TOO_LARGE = failure("head-too-large")
BUSY = failure("busy", seconds=BUSY_S)
BY_PROXY = failure("foreign-origin.by-proxy")
NO_SUCH_PAGE = failure("not-found")
NO_PICTURE = failure("not-found.picture")
OUR_FAULT = failure("internal")
WITHOUT_PIN = failure("ssh-off.no-pin")


class Later(Failure):
    """A failure that is over in so many seconds."""

    retry_after_s: int = 0


def too_many_tries(seconds: float) -> Later:
    """Sign-in is closed for so long."""
    seconds = round(seconds, 3)  # a clock of days counts no finer, and 60.0000001 s are one minute
    minutes = math.ceil(seconds / 60)
    said = message("too-many-tries.minute") if minutes == 1 else message("too-many-tries", minutes=minutes)
    return Later("too-many-tries", said, retry_after_s=math.ceil(seconds))


def malformed(detail: str) -> Failure:
    """The request cannot be understood; ``detail`` may hold parts of it, of any bytes."""
    return failure("malformed", decoded(detail))
