"""What hangs on the board and is configured: buttons, charger, battery and LEDs."""

import logging

from mapio_display.board.leds import Leds
from mapio_display.board.power_file import read_power
from mapio_display.board.voltage import VoltageSource
from mapio_display.config import Config
from mapio_display.core.facts.buttons import Button
from mapio_display.core.front.lights import battery_light, system_light
from mapio_display.core.protocols import WholeState
from mapio_display.host.file_source import FileSource
from mapio_display.host.source import Run

_log = logging.getLogger(__name__)


def board_parts(config: Config, state: WholeState) -> dict[str, Run]:
    """What there is, by name."""
    parts: dict[str, Run] = {}
    leds = config.leds
    if (buttons := _buttons(config, state)) is not None:
        parts["buttons"] = buttons
    if (charger := _charger(config, state)) is not None:
        parts["charger"] = charger
    if config.power.vcgencmd:
        parts["voltage"] = VoltageSource(state, config.power.vcgencmd, config.power.pmic).run()
    if config.power.file:
        parts["power"] = FileSource(state, config.power.file, read_power).run()
    if lights := {name: light for name, light in ((leds.system, system_light), (leds.battery, battery_light)) if name}:
        parts["leds"] = Leds(state, leds.path, lights, (leds.red, leds.green, leds.blue)).run()
    return parts


def _buttons(config: Config, state: WholeState) -> Run | None:
    if config.buttons.gpio == "none":
        return None
    try:
        from mapio_display.board.buttons import ButtonSource  # noqa: PLC0415 - gpiod is on boards only
    except ImportError as error:
        _log.warning("The buttons cannot be read: %s", error)
        return None
    names = {Button.UP: config.buttons.up, Button.DOWN: config.buttons.down, Button.MID: config.buttons.mid}
    return ButtonSource(state, {button: name for button, name in names.items() if name}).run()


def _charger(config: Config, state: WholeState) -> Run | None:
    power = config.power
    if not (power.mains or power.charging or power.boost):
        return None
    try:
        from mapio_display.board.charger import ChargerSource  # noqa: PLC0415 - gpiod is on boards only
    except ImportError as error:
        _log.warning("The charger cannot be read: %s", error)
        return None
    return ChargerSource(state, power.mains, power.charging, power.boost).run()
