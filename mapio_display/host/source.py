"""What a source of events is given, and how the daemon finds those of this room: by their files."""

from collections.abc import Callable, Coroutine
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeAlias

from mapio_display import host
from mapio_display.config import Config
from mapio_display.core.protocols import StatePort
from mapio_display.frozen import Frozen
from mapio_display.host.bus import SystemBus

Run: TypeAlias = Coroutine[object, object, None]
"""Runs without end."""


class Given(Frozen):
    """What a source may need: the configuration, the state that takes its events, and the system bus."""

    config: Config
    state: StatePort
    bus: SystemBus


Source: TypeAlias = Callable[[Given], Run | None]
"""What a source declares as ``SOURCE``: gives what to run; None where the configuration asks for no such source.

It starts at once and may need nothing of the data partition.
"""


def sources() -> dict[str, Source]:
    """The sources of this room, by the names of their files."""
    modules = {found.name: import_module(f"{host.__name__}.{found.name}") for found in iter_modules(host.__path__)}
    return {name: module.SOURCE for name, module in modules.items() if hasattr(module, "SOURCE")}
