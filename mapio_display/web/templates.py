"""HTML from templates: what a template is given is escaped, and what it is not given is an error.

They lie beside the modules that fill them, as ``ROOM/NAME.html``, and are read once: a package that is replaced on the
disk does not change what runs.
"""

import json
from functools import cache, partial
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined
from jinja2.runtime import markup_join

from mapio_display.core.message import Fact
from mapio_display.memory import give_back
from mapio_display.words.catalogue import Words


def render(name: str, words: Words, **fields: object) -> str:
    """The template ``NAME.html`` in the language of ``words``, filled in.

    In it ``say`` gives the sentence of a key with its facts, ``of_state`` the word for a state, and ``script_words``
    the sentences of the scripts.
    """
    own = {
        "lang": words.language,
        "say": partial(_say, words),
        "of_state": words.of_state,
        "script_words": _script_words(words),
    }
    return _environment().get_template(f"{name}.html").render(own, **fields)


def _say(words: Words, key: str, **facts: Fact) -> str:
    """The sentence of this key. Where one of its facts is HTML it is HTML too, and all the rest of it is escaped."""
    said: str = markup_join(words.parts(key, **facts))
    return said


@cache
def _script_words(words: Words) -> str:
    return json.dumps(words.beginning("script."), ensure_ascii=False)


@cache
def _environment() -> Environment:
    sources = {path.name: path.read_text("utf-8") for path in Path(__file__).parent.glob("*/*.html")}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    for source in sources:
        environment.get_template(source)  # now, so that no reader's first page waits for it
    give_back()  # compiling takes more than twice as much as is kept of it
    return environment
