"""The machine or the daemon goes down."""

from enum import StrEnum

from mapio_display.core.facts.event import Observation


class Shutdown(StrEnum):
    """What the machine is going down for."""

    RESTART = "restart"
    OFF = "off"


class ShutdownAnnounced(Observation):
    """The machine is about to go down, and waits a moment for what the panel has to say.

    ``kind`` is None where logind does not say (before systemd 255); ``time`` is the local time (``14:05``), None while
    the clock cannot be believed.
    """

    kind: Shutdown | None
    time: str | None = None


class ShutdownCancelled(Observation):
    """The machine stays up after all."""


class StopRequested(Observation):
    """The daemon is asked to end (SIGTERM, SIGINT); ``kind`` and ``time`` as in ``ShutdownAnnounced``."""

    kind: Shutdown | None = None
    time: str | None = None
