"""Which views there are: one file each, found by its name without loading it or Pillow."""

from pathlib import Path

from mapio_display.core.front.names import View

DEFAULT = ("home", "webserver", "system", "status")


def resting() -> tuple[str, ...]:
    """The views that ``[views] order`` may name, by the files in ``resting/``; first those it names by default."""
    return (*DEFAULT, *sorted(_files("resting") - set(DEFAULT)))


def names() -> tuple[str, ...]:
    """All views: those the core chooses, and after the first two, which come first at a start, the resting ones."""
    chosen = tuple(view.value for view in View)
    return (*chosen[:2], *resting(), *chosen[2:])


def module(view: str) -> str:
    """The name of the module that draws ``view``; raises ``ValueError`` for a name that is no view's."""
    if view in resting():
        return f"mapio_display.views.resting.{view}"
    return f"mapio_display.views.stages.{View(view)}"


def _files(folder: str) -> set[str]:
    names = {path.name.partition(".")[0] for path in (Path(__file__).parent / folder).iterdir()}
    return {name for name in names if not name.startswith("_")}
