"""What the LEDs tell: LED1 the system. LED2 is the user's."""

from dataclasses import dataclass

from mapio_display.core.record import Result
from mapio_display.core.snapshot import Lifecycle, PanelState, Phase, Snapshot


@dataclass(frozen=True, slots=True)
class Light:
    """A colour, steady or blinking; dark if it has no part."""

    red: bool = False
    green: bool = False
    blinking: bool = False


GREEN = Light(green=True)
ORANGE_BLINKING = Light(red=True, green=True, blinking=True)
RED = Light(red=True)


def system_light(snapshot: Snapshot) -> Light:
    """Green while all runs, orange blinking while it starts, stops or updates, red while something is amiss."""
    phase, last = snapshot.update.phase, snapshot.last_update
    shows_result = snapshot.result_until is not None and last is not None
    amiss = (
        phase is Phase.FAILED
        or (shows_result and last is not None and last.result is not Result.SUCCEEDED)
        or snapshot.panel.state is PanelState.NOT_RESPONDING
        or snapshot.rauc.available is False
    )
    if snapshot.daemon.lifecycle is not Lifecycle.RUNNING or phase not in (Phase.IDLE, Phase.FAILED):
        return ORANGE_BLINKING
    return RED if amiss else GREEN
