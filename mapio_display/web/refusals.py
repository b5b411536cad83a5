"""Why the web server turns a request down, in codes and sentences; the update's own failures are the core's."""

import math
from dataclasses import dataclass

from mapio_display.core.failures import Failure
from mapio_display.core.text import decoded

BUSY_S = 5

NO_BUNDLE = Failure(
    "no-bundle", "There is no file in the form's field 'bundle'. Choose a .raucb file, or use curl -F bundle=@FILE."
)
LENGTH_REQUIRED = Failure(
    "length-required",
    "The request does not say how long it is. Send it with a Content-Length, as curl and browsers do.",
)
PIN_REQUIRED = Failure("pin-required", "This needs the PIN that the gateway's panel shows. Sign in and try again.")
WRONG_PIN = Failure("wrong-pin", "This is not the PIN that the gateway's panel shows. Look at the panel and try again.")
FOREIGN_HOST = Failure(
    "foreign-host",
    "The gateway does not go by this name. Use its IP address, or add the name to allowed_hosts in its configuration.",
)
FOREIGN_ORIGIN = Failure(
    "foreign-origin", "Another web site's page sent this, so it is refused. Open the gateway's own page."
)
HEAD_TOO_LARGE = Failure(
    "head-too-large",
    "The request's headers are longer than 16 kB, or more than 64. If a browser sent it, these are mostly cookies: "
    "a browser sends here those of all pages on this gateway's other ports too. "
    "Delete the cookies of this address in the browser, or open the page in a private window.",
)
BUSY = Failure(
    "busy",
    f"The gateway has too many connections. Close other windows that show it, wait {BUSY_S} seconds, and try again.",
)
BY_PROXY = Failure(
    FOREIGN_ORIGIN.code,
    "The page's address is not the one that the request names, so it is refused. A proxy in front of the gateway has "
    "to pass the Host header on, and the name has to be in allowed_hosts; docs/proxy.md shows how.",
)
NO_SUCH_PAGE = Failure("not-found", "There is no such page here. Go to the home page.")
NO_PICTURE = Failure(
    "not-found", "Nothing is known of what the panel shows. Wait until it has drawn its first picture."
)
OUR_FAULT = Failure("internal", "Something went wrong in the gateway itself. Try again; its log says what it was.")


@dataclass(frozen=True, slots=True)
class Later(Failure):
    """A failure that is over in so many seconds."""

    retry_after_s: int = 0


def too_many_tries(seconds: float) -> Later:
    """Sign-in is closed for so long."""
    seconds = round(seconds, 3)  # a clock of days counts no finer, and 60.0000001 s are one minute
    minutes = math.ceil(seconds / 60)
    return Later(
        "too-many-tries",
        f"Too many wrong PINs. Try again in {minutes} minute{'' if minutes == 1 else 's'}. To sign in at once, press "
        "MID on the panel's view Web server, or make a new PIN with: mapio-display pin new",
        retry_after_s=math.ceil(seconds),
    )


def malformed(detail: str) -> Failure:
    """The request cannot be understood; ``detail`` may hold parts of it, of any bytes."""
    text = "The request could not be understood. Reload the page and try again."
    return Failure("malformed", text, decoded(detail))
