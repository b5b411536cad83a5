"""Which view the panel should show now."""

from enum import StrEnum

from mapio_display.core.snapshot import Lifecycle, Phase, Snapshot, Step


class View(StrEnum):
    """The views by name, as the command line and the status give them."""

    STARTING = "starting"
    HOME = "home"
    WEBSERVER = "webserver"
    UPDATE = "update"
    RESULT = "result"
    REBOOTING = "rebooting"
    STOPPED = "stopped"


def current_view(snapshot: Snapshot) -> View:
    """What matters most to somebody who looks at the panel now."""
    update = snapshot.update
    judging = update.step is Step.JUDGING and update.phase is Phase.REBOOTING
    if update.phase is Phase.REBOOTING and not judging:
        return View.REBOOTING
    if snapshot.daemon.lifecycle is Lifecycle.STOPPING:
        return View.STOPPED
    if snapshot.daemon.lifecycle is Lifecycle.STARTING or (judging and snapshot.rauc.available is not False):
        return View.STARTING
    if judging:
        return View(snapshot.resting_view)
    if update.phase is Phase.FAILED or (update.phase is Phase.IDLE and snapshot.result_until is not None):
        return View.RESULT
    if update.phase is not Phase.IDLE:
        return View.UPDATE
    return View(snapshot.resting_view)
