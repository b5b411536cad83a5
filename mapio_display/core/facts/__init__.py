"""What is known, a file for each subject: its part of the snapshot, its events, and how it takes them."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def subjects() -> list[ModuleType]:
    """The subjects, found by their files."""
    return [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
