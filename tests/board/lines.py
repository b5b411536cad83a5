"""GPIO chips whose input lines behave as the kernel's: debounced, stamped, numbered edges in a buffer that overflows.

A line's electrical level is set with its time; an edge comes of it once the level has been the same for the debounce
period, and has the time at which that was so. A full buffer drops its oldest edge, and the numbers tell.
"""

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gpiod import EdgeEvent, LineSettings
from gpiod.line import Direction, Edge, Value


@dataclass
class FakeRequest:
    """One taken line."""

    chip: "FakeChip"
    name: str
    settings: LineSettings
    room: int
    fd: int = field(default_factory=lambda: os.eventfd(0, os.EFD_NONBLOCK))
    released: bool = False
    broken: bool = False

    def __post_init__(self) -> None:
        self._edges: deque[EdgeEvent] = deque()
        self._number = 0
        self._level = self.chip.levels[self.name]
        self._unstable: tuple[int, float] | None = None

    def get_value(self, line: str) -> Value:
        self._check()
        return Value.ACTIVE if self._active(self.chip.levels[line]) else Value.INACTIVE

    def wait_edge_events(self, timeout: float) -> bool:
        assert timeout == 0
        self._check()
        return bool(self._edges)

    def read_edge_events(self) -> list[EdgeEvent]:
        assert self._edges, "a read would block the loop"
        self._check()
        edges = list(self._edges)
        self._edges.clear()
        os.eventfd_read(self.fd)
        return edges

    def release(self) -> None:
        self.released = True
        self.chip.taken.pop(self.name)
        os.close(self.fd)

    def changes(self, level: int, at: float) -> None:
        """The electrical level changes."""
        self.passes(at)
        self._unstable = (level, at) if level != self._level else None

    def passes(self, to: float) -> None:
        """Time goes by; a level that has been the same for long enough becomes an edge."""
        settled = self.settings.debounce_period.total_seconds()
        if self._unstable is None or to - self._unstable[1] < settled:
            return
        self._level, since = self._unstable
        self._unstable = None
        self._number += 1
        kind = EdgeEvent.Type.RISING_EDGE if self._active(self._level) else EdgeEvent.Type.FALLING_EDGE
        if len(self._edges) == self.room:
            self._edges.popleft()
        self._edges.append(EdgeEvent(kind.value, round((since + settled) * 1e9), 0, self._number, self._number))
        os.eventfd_write(self.fd, 1)

    def unplug(self) -> None:
        """The chip goes away: the descriptor wakes its reader, and every call fails."""
        self.broken = True
        os.eventfd_write(self.fd, 1)

    def _active(self, level: int) -> bool:
        return level == (0 if self.settings.active_low else 1)

    def _check(self) -> None:
        assert not self.released
        if self.broken:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


class FakeChip:
    """A chip with lines by name, high unless said otherwise."""

    def __init__(self, *names: str, on_taken: Callable[[], None] = lambda: None) -> None:
        self._on_taken = on_taken
        self.levels = dict.fromkeys(names, 1)
        self.taken: dict[str, FakeRequest] = {}

    def line_offset_from_id(self, id: str) -> int:  # noqa: A002 - gpiod's name
        if id not in self.levels:
            if id.isdecimal():  # gpiod then takes it for an offset
                raise ValueError("line offset of out range")
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return list(self.levels).index(id)

    def request_lines(
        self, config: dict[Iterable[int | str] | int | str, LineSettings | None], consumer: str, event_buffer_size: int
    ) -> FakeRequest:
        assert consumer == "mapio-display"
        [(name, settings)] = config.items()
        assert isinstance(name, str)
        assert settings is not None
        assert (settings.direction, settings.edge_detection) == (Direction.INPUT, Edge.BOTH)
        if name in self.taken:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.taken[name] = FakeRequest(self, name, settings, event_buffer_size)
        self._on_taken()
        return self.taken[name]

    def close(self) -> None:
        pass

    def set(self, name: str, level: int, at: float) -> None:
        """Change a line's electrical level."""
        self.levels[name] = level
        if name in self.taken:
            self.taken[name].changes(level, at)

    def pass_time(self, to: float) -> None:
        """Let time go by."""
        for request in self.taken.values():
            request.passes(to)
