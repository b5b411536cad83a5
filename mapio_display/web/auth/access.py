"""Which names the gateway goes by, and which pages may write to it.

A device on plain HTTP in a home is open to any web site its owner visits: by a form that posts to it, or by a name that
is made to resolve to it (DNS rebinding). The one is stopped by ``Origin``, the other by an allow-list for ``Host``.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from mapio_display.errors import Refused
from mapio_display.frozen import Frozen
from mapio_display.web.auth.address import is_address
from mapio_display.web.refusals import BY_PROXY, FOREIGN_HOST, FOREIGN_ORIGIN, malformed

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
DEFAULT_PORTS = {"http": 80, "https": 443}
HIGHEST_PORT = 65535
# What a home's router puts behind a host's name. No stranger's web site has such a name: docs/http.md says why.
HOME_DOMAINS = ("lan", "home.arpa", "internal", "home", "fritz.box")
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")

# An IPv6 address in brackets, with a zone where it has one, or a name of a host; urlsplit() would take more for one.
_AUTHORITY = re.compile(
    r"(?:\[(?P<literal>[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.~-]+)?)\]|(?P<name>[\w.-]+))(?::(?P<port>\d{0,5}))?",
    re.ASCII | re.IGNORECASE,
)


class Authority(Frozen):
    """A host name, lower case and without brackets, and a port; None is the scheme's own."""

    host: str
    port: int | None = None

    @property
    def for_url(self) -> str:
        """The host as a URL has it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def at(self, scheme: str) -> "Authority":
        """The same with the port that is meant."""
        return Authority(self.host, self.port or DEFAULT_PORTS[scheme])


def authority(text: str) -> Authority | None:
    """Take ``HOST[:PORT]`` apart, as a ``Host`` header has it (RFC 9110, 7.2); None for what is none."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    host = (found["literal"] or found["name"]).lower().rstrip(".")
    port = int(found["port"] or 0)
    if not host or port > HIGHEST_PORT:
        return None
    return Authority(host, port or None)


def check_host(header: str | None, own_name: str | None, allowed: Collection[str]) -> Authority:
    """Give the authority the request is for; raises ``Refused`` if the gateway does not go by that name."""
    if not header:
        raise Refused(malformed("there is no Host header"))
    asked = authority(header)
    if asked is None:
        raise Refused(FOREIGN_HOST)
    own = {"localhost"}
    if own_name:
        label = own_name.lower().partition(".")[0]
        own |= {own_name.lower(), label, *(f"{label}.{domain}" for domain in HOME_DOMAINS)}
    host = asked.host
    if not (host in own or host.endswith(".local") or is_address(host) or is_allowed(asked, allowed)):
        raise Refused(replace(FOREIGN_HOST, detail=f"Host: {(header or '')[:200]!a}"))
    return asked


def is_allowed(asked: Authority, allowed: Collection[str]) -> bool:
    """Say whether the configuration names the host."""
    return asked.host in {name.lower() for name in allowed}


def check_origin(
    method: str, headers: Mapping[str, str], asked: Authority, *, by_https: bool, other_ports: bool
) -> None:
    """Raise ``Refused`` for a write from another site's page. Without an ``Origin`` it is not a page (curl, a script).

    ``by_https`` says that the page may have come by HTTPS, through a proxy that passes the name on.
    """
    origin = headers.get("Origin")
    if method in SAFE_METHODS or origin is None:
        return
    scheme, theirs = _parted(origin)
    if theirs is not None and scheme == "https" and by_https and theirs.at(scheme) == asked.at(scheme):
        return
    if _same_site(origin, asked, other_ports=other_ports):
        return
    if scheme == "https" or any(name in headers for name in FORWARDED):  # we do not speak HTTPS, and send none of these
        raise Refused(replace(BY_PROXY, detail=f"Origin: {origin[:200]!a}, Host: {headers.get('Host', '')[:200]!a}"))
    raise Refused(FOREIGN_ORIGIN)


def cors_headers(origin: str | None, asked: Authority) -> dict[str, str]:
    """Let a page on another port of the same host read the answers (the older MAPIO page does)."""
    if origin is None or not _same_site(origin, asked, other_ports=True):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _same_site(origin: str, asked: Authority, *, other_ports: bool) -> bool:
    scheme, theirs = _parted(origin)
    if theirs is None or scheme != "http":
        return False
    return theirs.at(scheme) == asked.at(scheme) or (other_ports and theirs.host == asked.host)


def _parted(origin: str) -> tuple[str, Authority | None]:
    scheme, separator, rest = origin.partition("://")
    return scheme, authority(rest) if separator else None
