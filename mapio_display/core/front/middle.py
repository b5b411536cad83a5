"""What the middle button does on each view, with the key of its hint; on the views not named here, nothing."""

from mapio_display.core.facts.event import Request
from mapio_display.core.facts.update import AcknowledgeRequested
from mapio_display.core.facts.web import SignInOpened, WebSwitched
from mapio_display.core.front.names import View
from mapio_display.core.snapshot import Snapshot
from mapio_display.frozen import Frozen


class Middle(Frozen):
    """``request`` is what a press asks for, and ``hint`` the key of the words for it (``words/english/panel.py``)."""

    hint: str
    request: Request


def middle(view: str, snapshot: Snapshot) -> Middle | None:
    """What MID does while ``view`` is shown."""
    match view:
        case "webserver" if snapshot.url is not None and snapshot.web.wrong_pins_from is not None:
            return Middle("sign-in", SignInOpened())
        case "webserver":
            enabled = snapshot.web.enabled
            return Middle("off" if enabled else "on", WebSwitched(not enabled))
        case View.RESULT:
            return Middle("dismiss", AcknowledgeRequested())
        case _:
            return None
