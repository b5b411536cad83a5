"""What can happen, as the core receives it.

A *request* is a person's wish and may be refused (``NotNow``, and nothing changes). An *observation* reports what the
world did; it can come at any moment, and changes nothing where it has no meaning any more.

Each subject declares in its ``HANDLERS`` which events it takes, and how. A handler gives the next snapshot, and what is
asked of the actors; a press of a button may also ask for a request.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mapio_display.core.commands import Command
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.facts.clock import Now
    from mapio_display.core.snapshot import Snapshot


class Request(Frozen):
    """A wish: raises ``NotNow`` when the present state does not allow it."""


class Observation(Frozen):
    """A fact from outside."""


Event = Request | Observation
Change: TypeAlias = "tuple[Snapshot, tuple[Command | Request, ...]]"
Handler: TypeAlias = "Callable[[Snapshot, Any, Now], Change]"
Handlers: TypeAlias = Mapping[type[Event], Handler]
