"""A stand-in for systemd-logind: it takes the request to reboot, as ``org.freedesktop.login1`` does."""

from collections.abc import Callable

from mapio_display.virtual.bus import Service

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"


def virtual_logind(address: str, reboot: Callable[[], None]) -> Service:
    """Make the service; ``reboot`` is called for every request, and must return at once."""

    def take(_interactive: bool) -> tuple[str, list[object]]:
        reboot()
        return "", []

    service = Service(address, NAME, PATH)
    service.offer(MANAGER, {"Reboot": take, "CanReboot": lambda: ("s", ["yes"])})
    return service
