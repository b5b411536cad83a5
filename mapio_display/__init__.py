"""The display and setup daemon of a MAPIO gateway."""

__version__ = "0.2.0"
