"""Which names the gateway goes by, and which pages may write to it.

A device on plain HTTP in a home is open to any web site its owner visits: by a form that posts to it, or by a name that
is made to resolve to it (DNS rebinding). The one is stopped by ``Origin``, the other by an allow-list for ``Host``.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

from mapio_display.errors import Refused
from mapio_display.web.errors import FOREIGN_HOST, FOREIGN_ORIGIN, malformed

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
DEFAULT_PORTS = {"http": 80, "https": 443}
HIGHEST_PORT = 65535
# An IPv6 address in brackets, with a zone where it has one, or a name of a host; urlsplit() would take more for one.
_AUTHORITY = re.compile(
    r"(?:\[(?P<literal>[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.~-]+)?)\]|(?P<name>[\w.-]+))(?::(?P<port>\d{0,5}))?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A host name, lower case and without brackets, and a port."""

    host: str
    port: int

    @property
    def for_url(self) -> str:
        """The host as a URL has it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host


def authority(text: str, scheme: str = "http") -> Authority | None:
    """Take ``HOST[:PORT]`` apart, as a ``Host`` header has it (RFC 9110, 7.2); None for what is none."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    host = (found["literal"] or found["name"]).lower().rstrip(".")
    port = int(found["port"] or 0)
    if not host or port > HIGHEST_PORT:
        return None
    return Authority(host, port or DEFAULT_PORTS.get(scheme, 0))


def check_host(header: str | None, own_name: str | None, allowed: Collection[str]) -> Authority:
    """Give the authority the request is for; raises ``Refused`` if the gateway does not go by that name."""
    if not header:
        raise Refused(malformed("there is no Host header"))
    asked = authority(header)
    if asked is None:
        raise Refused(FOREIGN_HOST)
    host = asked.host
    own = {"localhost", *(name.lower() for name in allowed)}
    if own_name:
        own.add(own_name.lower())
    if not (host in own or host.endswith(".local") or _is_address(host)):
        raise Refused(FOREIGN_HOST)
    return asked


def check_origin(method: str, origin: str | None, asked: Authority, *, other_ports: bool) -> None:
    """Raise ``Refused`` for a write from another site's page. Without an ``Origin`` it is no page (curl, a script)."""
    if method in SAFE_METHODS or origin is None:
        return
    if not _same_site(origin, asked, other_ports=other_ports):
        raise Refused(FOREIGN_ORIGIN)


def cors_headers(origin: str | None, asked: Authority) -> dict[str, str]:
    """Let a page on another port of the same host read the answers (the older MAPIO page does)."""
    if origin is None or not _same_site(origin, asked, other_ports=True):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _same_site(origin: str, asked: Authority, *, other_ports: bool) -> bool:
    scheme, separator, rest = origin.partition("://")
    theirs = authority(rest, scheme) if separator else None
    if theirs is None or scheme != "http":
        return False
    return theirs == asked or (other_ports and theirs.host == asked.host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
