"""A picture for the panel, one bit a pixel."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: left and top inclusive, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One view's picture as the owner sees it, before any rotation.

    ``bits`` are rows from the top, each padded to whole bytes, most significant bit leftmost, 1 is white.
    ``secrets`` are the boxes that show something only the owner at the panel may read.
    """

    view: str
    width: int
    height: int
    bits: bytes
    secrets: tuple[Box, ...] = ()

    def __post_init__(self) -> None:
        if len(self.bits) != (self.width + 7) // 8 * self.height:
            raise ValueError(f"{len(self.bits)} bytes are no frame of {self.width} × {self.height}")
