"""What a key of the configuration may hold: its field's type, and the rules that stand beside that in ``Annotated``."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from mapio_display.config.mistakes import Wrong, mistake

Rule = Callable[[Any], Any]
"""Takes a value and gives it as the configuration holds it. Raises ``Wrong`` with the reason why it cannot."""


class Reads:
    """The rule that reads a key's value from TOML in place of the one for its type."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule


def one_of(*choices: object) -> Rule:
    """One of these, or a list of them."""

    def check(value: Any) -> Any:
        for item in value if isinstance(value, tuple) else (value,):
            if item not in choices:
                raise Wrong("config-value.one-of", value=repr(item), choices=listed(choices))
        if isinstance(value, tuple) and len(set(value)) < len(value):  # UP and DOWN would not get past the second
            raise Wrong("config-value.twice")
        if value == ():
            raise Wrong("config-value.none", choices=listed(choices))
        return value

    return check


def between(low: int, high: int) -> Rule:
    """A number from ``low`` to ``high``."""

    def check(value: Any) -> Any:
        if not low <= value <= high:
            raise Wrong("config-value.between", value=value, low=low, high=high)
        return value

    return check


def form(pattern: str, kind: str) -> Rule:
    """A text, or a list of texts, each of which matches the pattern as a whole.

    The sentence for another one has the key "config-form." with ``kind``.
    """

    def check(value: Any) -> Any:
        for item in value if isinstance(value, tuple) else (value,):
            if not re.fullmatch(pattern, item):
                raise Wrong(f"config-form.{kind}", value=repr(item))
        return value

    return check


def networks(value: Any) -> Any:
    """A list of addresses or networks."""
    for item in value:
        if not _is_network(item):
            raise Wrong("config-value.network", value=repr(item))
    return value


def web_address(value: Any) -> Any:
    """The address of a document on a web server, or nothing."""
    if value and not _is_web_address(value):
        raise Wrong("config-value.url", value=repr(value))
    return value


def checked(value: Any, hint: Any, key: str, path: Path) -> Any:
    """Give a key's value as its field holds it, by the field's type and the rules beside that."""
    kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    try:
        if not any(isinstance(rule, Reads) for rule in rules):
            value = of_kind(kind, value)
        for rule in rules:
            value = rule.rule(value) if isinstance(rule, Reads) else rule(value)
    except Wrong as wrong:
        raise mistake(path, key, wrong) from wrong
    return value


def of_kind(kind: Any, value: Any) -> Any:
    """A value of TOML as one of a field's type. Raises ``Wrong``."""
    if isinstance(value, str) and "\0" in value:  # Python raises ValueError for such a path or host when it is used
        raise Wrong("config-value.nul")
    if get_origin(kind) is Literal:
        return one_of(*get_args(kind))(of_kind(str, value))
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Wrong("config-value.strings")
        return tuple(value)
    if get_origin(kind) is Mapping:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise Wrong("config-value.table")
        return value
    if kind in (Path, Path | None):
        if not isinstance(value, str) or not value.startswith("/"):
            raise Wrong("config-value.path")
        return Path(value)
    if type(value) is not kind:
        raise Wrong(f"config-type.{kind.__name__}", value=repr(value))
    return value


def listed(choices: Iterable[object]) -> str:
    """What there is to choose from, for an error's text."""
    return ", ".join(map(repr, choices))


def _is_web_address(text: str) -> bool:
    from urllib.parse import urlsplit  # noqa: PLC0415 - few need it, and the panel's first frame waits for this file

    try:
        parts = urlsplit(text)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        return False
    return bool(named) and text.isprintable() and " " not in text and len(text) <= 2048


def _is_network(text: str) -> bool:
    import ipaddress  # noqa: PLC0415 - few need it, and the panel's first frame waits for this file

    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


Port = Annotated[int, between(1, 65535)]
Interface = Annotated[str, form(r"[^\s/]{1,15}", "access-point")]
