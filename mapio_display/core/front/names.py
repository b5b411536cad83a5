"""The names of the views that the core chooses; it needs nothing, for it is loaded before the panel's first frame."""

from enum import StrEnum


class View(StrEnum):
    """Views by name; the others are those to turn to, which ``Snapshot.order`` names."""

    STARTING = "starting"
    HOTSPOT = "hotspot"
    WIFI = "wifi"
    UPDATE = "update"
    RESULT = "result"
    REBOOTING = "rebooting"
    STOPPED = "stopped"
    COUNTDOWN = "countdown"
