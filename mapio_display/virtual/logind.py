"""A stand-in for systemd-logind: it takes the requests to go down, as ``org.freedesktop.login1`` does."""

from collections.abc import Callable

from mapio_display.virtual.bus import Service

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"


def virtual_logind(address: str, reboot: Callable[[], None], power_off: Callable[[], None]) -> Service:
    """Make the service; what it is given is called for every request, and must return at once."""

    def taking(go_down: Callable[[], None]) -> Callable[[bool], tuple[str, list[object]]]:
        def take(_interactive: bool) -> tuple[str, list[object]]:
            go_down()
            return "", []

        return take

    service = Service(address, NAME, PATH)
    service.offer(
        MANAGER,
        {
            "Reboot": taking(reboot),
            "PowerOff": taking(power_off),
            "CanReboot": lambda: ("s", ["yes"]),
            "CanPowerOff": lambda: ("s", ["yes"]),
        },
    )
    return service
