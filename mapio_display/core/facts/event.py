"""What can happen, as the core receives it.

A *request* is a person's wish and may be refused (``NotNow``, and nothing changes). An *observation* reports what the
world did; it can come at any moment, and changes nothing where it has no meaning any more.
"""


class Request:
    """A wish: raises ``NotNow`` when the present state does not allow it."""

    __slots__ = ()


class Observation:
    """A fact from outside."""

    __slots__ = ()


Event = Request | Observation
