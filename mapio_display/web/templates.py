"""HTML from templates: what a template is given is escaped, and what it is not given is an error.

They lie beside the modules that fill them, as ``ROOM/NAME.html``, and are read once: a package that is replaced on the
disk does not change what runs.
"""

from functools import cache
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined


def render(name: str, **fields: object) -> str:
    """The template ``NAME.html``, filled in."""
    return _environment().get_template(f"{name}.html").render(fields)


@cache
def _environment() -> Environment:
    sources = {path.name: path.read_text("utf-8") for path in Path(__file__).parent.glob("*/*.html")}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    for source in sources:
        environment.get_template(source)  # now, so that nobody's first page waits for it
    return environment
