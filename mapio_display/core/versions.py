"""Which of two versions is the newer, as people read them."""

import re

_WORDS = re.compile(r"[0-9]+|[a-z]+")
# What comes before the release that it is named after, in this order.
_BEFORE = ("dev", "nightly", "snapshot", "alpha", "beta", "preview", "pre", "rc")
_SHORT = {"a": "alpha", "b": "beta", "c": "rc", "cr": "rc"}

_Token = tuple[int, int, str]
_BEFORE_RELEASE, _END, _AFTER_RELEASE, _NUMBER = range(4)


def is_newer(version: str, than: str) -> bool:
    """Compare two versions: 1.10 is newer than 1.9, 1.5 than 1.5-rc1, and 2026.02 than 2026-01-15.

    A "v" in front and zeros at the end of the numbers mean nothing. What follows a "+" counts where the rest is equal.
    A version without a number in front cannot be compared, and then neither is newer.
    """
    ours, theirs = _key(version), _key(than)
    return ours is not None and theirs is not None and ours > theirs


def _key(version: str) -> tuple[list[_Token], list[_Token]] | None:
    text = version.strip().lower()
    text = text[1:] if re.match(r"v[ .]?[0-9]", text) else text
    release, _, build = text.lstrip(" .").partition("+")
    return (_tokens(release), _tokens(build) if build else []) if re.match(r"[0-9]", release) else None


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for word in _WORDS.findall(text):
        if word.isdecimal():
            tokens.append((_NUMBER, int(word), ""))
            continue
        while tokens and tokens[-1][:2] == (_NUMBER, 0):  # 1.3.0-rc1 is 1.3-rc1
            tokens.pop()
        name = _SHORT.get(word, word)
        before = name in _BEFORE
        tokens.append((_BEFORE_RELEASE, _BEFORE.index(name), "") if before else (_AFTER_RELEASE, 0, name))
    while tokens and tokens[-1][:2] == (_NUMBER, 0):
        tokens.pop()
    return [*tokens, (_END, 0, "")]
