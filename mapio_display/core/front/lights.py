"""What the LEDs show: LED1 the system, LED3 the battery. LED2 is the user's."""

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.panel import PanelState
from mapio_display.core.facts.power import too_low
from mapio_display.core.facts.update import Phase, Step
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.update.obstacles import why_no_updates
from mapio_display.frozen import Frozen


class Light(Frozen):
    """A colour, steady or blinking; dark if it has no part."""

    red: bool = False
    green: bool = False
    blinking: bool = False


GREEN = Light(green=True)
GREEN_BLINKING = Light(green=True, blinking=True)
ORANGE = Light(red=True, green=True)
ORANGE_BLINKING = Light(red=True, green=True, blinking=True)
RED = Light(red=True)


def system_light(snapshot: Snapshot) -> Light:
    """Green while all runs, orange blinking while it starts, stops or updates, red on a fault.

    A failed update is a fault until it is dismissed. An update that waits for a RAUC that is missing is not under way.
    """
    update = snapshot.update
    fault = (
        update.phase is Phase.FAILED
        or snapshot.bad_end is not None
        or snapshot.panel.state is PanelState.NOT_RESPONDING
        or why_no_updates(snapshot) is not None
    )
    stuck = update.step is Step.JUDGING and snapshot.rauc.available is False
    if snapshot.daemon.lifecycle is not Lifecycle.RUNNING or (snapshot.updating and not stuck):
        return ORANGE_BLINKING
    return RED if fault else GREEN


def battery_light(snapshot: Snapshot) -> Light:
    """Green while charged, blinking while being charged, orange on battery, red on a low one; dark while not known."""
    power = snapshot.power
    if power.mains is None:
        return Light()
    if not power.mains:
        return RED if too_low(snapshot) else ORANGE
    return GREEN_BLINKING if power.charging else GREEN
