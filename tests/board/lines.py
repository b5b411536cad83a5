"""GPIO chips whose lines behave as the kernel's: edges are debounced, stamped, numbered, in a buffer that overflows.

A line's electrical level is set with its time; an edge comes of it once the level has been the same for the debounce
period, and has the time at which that was so. A full buffer drops its oldest edge, and the numbers tell.
"""

import asyncio
import errno
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gpiod import EdgeEvent, LineSettings
from gpiod.line import Direction, Edge, Value

from mapio_display.board.gpio import Gpio


@dataclass
class FakeRequest:
    """One taken line."""

    chip: "FakeChip"
    name: str
    settings: LineSettings
    room: int | None
    fd: int = field(default_factory=lambda: os.eventfd(0, os.EFD_NONBLOCK))
    released: bool = False
    broken: bool = False

    def __post_init__(self) -> None:
        self._edges: deque[EdgeEvent] = deque()
        self._number = 0
        if self.settings.direction is Direction.OUTPUT:
            self.chip.levels[self.name] = int(self.settings.output_value is Value.ACTIVE)
        self._level = self.chip.levels[self.name]
        self._unstable: tuple[int, float] | None = None

    def get_value(self, line: str) -> Value:
        self._check()
        assert line == self.name
        return Value.ACTIVE if self._active(self.chip.levels[line]) else Value.INACTIVE

    def set_value(self, line: str, value: Value) -> None:
        self._check()
        assert (line, self.settings.direction) == (self.name, Direction.OUTPUT)
        self.chip.levels[line] = int(value is Value.ACTIVE)
        self.chip.writes.append((line, self.chip.levels[line]))

    def wait_edge_events(self, timeout: float) -> bool:
        """Whether there are edges; a time to wait is over at once, and would block a loop."""
        assert timeout == 0 or not _in_a_loop()
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
        rising = self._active(self._level)
        if self.settings.edge_detection not in (Edge.BOTH, Edge.RISING if rising else Edge.FALLING):
            return
        self._number += 1
        kind = EdgeEvent.Type.RISING_EDGE if rising else EdgeEvent.Type.FALLING_EDGE
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
    """A chip with lines by name, each of which one process may take; they are high unless ``level`` says otherwise.

    ``writes`` are the levels that outputs were set to. Without an interrupt there are no edges.
    """

    def __init__(
        self, *names: str, on_taken: Callable[[], None] = lambda: None, level: int = 1, has_interrupt: bool = True
    ) -> None:
        self._on_taken = on_taken
        self._has_interrupt = has_interrupt
        self.levels = dict.fromkeys(names, level)
        self.taken: dict[str, FakeRequest] = {}
        self.writes: list[tuple[str, int]] = []

    def line_offset_from_id(self, id: str) -> int:  # noqa: A002 - gpiod's name
        if id not in self.levels:
            if id.isdecimal():  # gpiod then takes it for an offset
                raise ValueError("line offset of out range")
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return list(self.levels).index(id)

    def request_lines(
        self,
        config: dict[Iterable[int | str] | int | str, LineSettings | None],
        consumer: str,
        event_buffer_size: int | None,
    ) -> FakeRequest:
        assert consumer == "mapio-display"
        [(name, settings)] = config.items()
        assert isinstance(name, str)
        assert settings is not None
        if name in self.taken:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if settings.edge_detection is not Edge.NONE and not self._has_interrupt:
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
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


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def gpio_of(*chips: FakeChip | None) -> Gpio:
    """The GPIO of a machine with these chips; None is one that cannot be opened."""

    def open_chip(path: str) -> FakeChip:
        chip = chips[int(path.removeprefix("/dev/gpiochip"))]
        if chip is None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return chip

    return Gpio(lambda: [f"/dev/gpiochip{number}" for number in range(len(chips))], open_chip)
