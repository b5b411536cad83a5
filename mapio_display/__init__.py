"""The display and setup daemon of a MAPIO gateway."""

__version__ = "0.1.0"
