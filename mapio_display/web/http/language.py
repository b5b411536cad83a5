"""In which language a request is answered: the one that its reader's browser asks for, or else the configured one."""

import re
from collections.abc import Collection, Sequence

from aiohttp import web

from mapio_display.words.catalogue import Words, of
from mapio_display.words.languages import ENGLISH, languages

VARIES = {"Vary": "Accept-Language"}  # with each answer that has words in it
RANGES = 32  # of a header: more than a browser sends; the rest is not looked at

_RANGE = re.compile(
    r"[ \t]*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*[ \t]*(?:;[ \t]*[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
_IN_HEAD = re.compile(rb"(?i)\naccept-language:([^\r\n]*)")


def preferred(accept: str, offered: Sequence[str], otherwise: str) -> str:
    """The language that ``Accept-Language`` wants most (RFC 9110, 12.5.4), of those that are ``offered``.

    Only what comes before the first hyphen counts: ``fr-CA`` wants ``fr``. What is no language range is passed over.
    Where none of ``offered`` is wanted it is ``otherwise``, which is also the first of those that ``*`` stands for.
    """
    wanted: dict[str, float] = {}
    for each in accept.split(",", RANGES)[:RANGES]:
        if found := _RANGE.fullmatch(each):
            language, weight = found[1].lower(), float(found[2] or 1)
            wanted[language] = max(weight, wanted.get(language, 0.0))
    places = list(wanted)

    def rank(language: str) -> tuple[float, int, bool]:
        named = _named(language, wanted)
        return -wanted[named], places.index(named), language != otherwise

    acceptable = [language for language in offered if wanted.get(_named(language, wanted), 0.0) > 0]
    return min(acceptable, key=rank, default=otherwise)


def _named(language: str, wanted: Collection[str]) -> str:
    """What names this language among the ranges."""
    primary = language.partition("-")[0].lower()
    return primary if primary in wanted else "*"


class Languages:
    """Which words a request is answered in; ``default`` are those for readers that ask for no language there is."""

    def __init__(self, default: str = ENGLISH) -> None:
        self._default = default
        self._offered = languages()

    @property
    def default(self) -> Words:
        """For what is answered before it is known who asks."""
        return of(self._default)

    def of(self, request: web.BaseRequest) -> Words:
        """For the reader of this request's answer, which depends on ``Accept-Language`` then."""
        return self._preferred(",".join(request.headers.getall("Accept-Language", ())))

    def of_head(self, head: bytes) -> Words:
        """The same for a request that is refused before it is parsed; ``head`` is what has come of it."""
        found = _IN_HEAD.search(head)
        return self._preferred(found[1].decode("latin-1")) if found else self.default

    def _preferred(self, accept: str) -> Words:
        return of(preferred(accept, self._offered, self._default))
