"""The reboot, through systemd-logind (``org.freedesktop.login1``, see org.freedesktop.login1(5))."""

from mapio_display.errors import RebootError
from mapio_display.update.bus import CallFailed, CallUnanswered, SystemBus

MANAGER = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


class Logind:
    """Asks logind."""

    def __init__(self, bus: SystemBus) -> None:
        self._bus = bus

    async def reboot(self) -> None:
        """Ask for a reboot without asking a person. Raises ``RebootError``."""
        try:
            await self._bus.call(*MANAGER, "Reboot", "b", False)
        except (CallFailed, CallUnanswered) as error:
            raise RebootError(f"logind did not take the reboot: {error}") from error
