"""Makes the daemon's HTTP requests, in a process of its own: ``python -m mapio_display.releases.fetch``.

Its standard input is a socket. From it comes one line of JSON (``Wanted``), and to it goes one line of JSON with what
the server answered, or with why it did not; then the body, until it ends or the other side has had enough. Of a large
one a connection without TLS goes to the daemon itself, in whose stead this process would only copy.

It needs nothing of this package but its version, and ends with the body: what TLS takes is taken for as long as that.
"""

import base64
import hashlib
import http.client
import json
import re
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from mapio_display import __version__
from mapio_display.frozen import Frozen

CONNECT_S = 15.0
REDIRECTS = 5
PIECE = 256 * 1024
_SAFE = "!#$%&'()*+,/:;=?@[]~"  # what a URL may hold beside letters, digits and "_.-"
_KEPT = ("etag", "last-modified", "content-length", "content-range", "content-type", "content-encoding", "retry-after")
_MOVED = (301, 302, 303, 307, 308)
# X509_V_ERR_… of OpenSSL's x509_vfy.h
_VERIFY = {9: "not-yet-valid", 10: "expired", 62: "other-name", 64: "other-name", 18: "untrusted", 19: "untrusted"}
_NO_ISSUER = (2, 20, 21)
_LACKS = range(79, 95)  # what RFC 5280 demands of a certificate; Python looks at it from 3.13 on (VERIFY_X509_STRICT)


class Wanted(Frozen):
    """What the daemon asks for; ``stall_s`` is how long the server may be silent, in seconds.

    Of a small body no more than one byte above ``most`` is given, and only when all of it is there. Without ``most`` it
    is a large one.
    """

    url: str
    headers: dict[str, str]
    stall_s: float
    most: int | None = None


class Failed(Exception):
    """The server did not answer; a code of ours, the raw text, and facts."""

    def __init__(self, code: str, detail: str = "", **facts: str | int) -> None:
        super().__init__(code)
        self.answer = {"error": code, "detail": detail[:300], "facts": facts}


def main() -> None:
    """Answer the one request on standard input."""
    daemon = socket.socket(fileno=0)
    line = b""
    while not line.endswith(b"\n"):
        if not (piece := daemon.recv(65536)):
            return
        line += piece
    wanted = json.loads(line)
    try:
        if "digest_of" in wanted:
            answer = {"sha256": _digest(Path(wanted["digest_of"]))}
            daemon.sendall(json.dumps(answer).encode() + b"\n")
        else:
            _serve(daemon, Wanted(**wanted))
    except Failed as failed:
        daemon.sendall(json.dumps(failed.answer).encode() + b"\n")
    except ConnectionError:
        pass  # the daemon has had enough


def _serve(daemon: socket.socket, wanted: Wanted) -> None:
    response, connection, url = _answer(wanted)
    head = {
        "status": response.status,
        "url": url,
        "headers": {name: value[:300] for name in _KEPT if (value := response.getheader(name)) is not None},
        "limit": response.getheader("x-ratelimit-remaining") == "0",
    }
    line = json.dumps(head).encode() + b"\n"
    if wanted.most is not None:
        daemon.sendall(line + _whole(response, wanted.most))
        return
    plain = not isinstance(connection, ssl.SSLSocket) and not response.chunked
    if plain and response.status in (200, 206):
        connection.settimeout(0)
        first = response.fp.read1(len(response.fp.peek()))  # what has been read with the head
        socket.send_fds(daemon, [line], [connection.fileno()])
        daemon.sendall(first)
        return
    daemon.sendall(line)
    buffer = memoryview(bytearray(PIECE))
    while True:
        try:
            count = response.readinto(buffer)
        except (OSError, http.client.HTTPException):
            return  # the daemon finds that some of it is missing
        if not count:
            return
        daemon.sendall(buffer[:count])


def _whole(response: http.client.HTTPResponse, most: int) -> bytes:
    try:
        return response.read(most + 1)
    except TimeoutError as error:
        raise Failed("no-answer.endless", str(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise Failed("no-answer.cut", str(error)) from error


def _answer(wanted: Wanted) -> tuple[http.client.HTTPResponse, socket.socket, str]:
    """Ask, follow where the answer points to, and give the last one with its connection. Raises ``Failed``."""
    url = wanted.url
    for _ in range(REDIRECTS + 1):
        parts = _parts(url)
        response, connection = _ask(_connect(parts), parts, wanted)
        if response.status not in _MOVED or not (location := response.getheader("location")):
            return response, connection, url
        response.close()
        connection.close()
        # http.client decodes headers as Latin-1, whatever they are.
        url = urljoin(url, location.encode("latin-1").decode("utf-8", "replace"))
        if parts.scheme == "https" and _parts(url).scheme != "https":
            raise Failed("not-secure.redirect", url)
    raise Failed("bad-answer.redirects", url)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise Failed("bad-answer.redirect", url)


def _connect(parts: SplitResult) -> Any:
    """A connection that is not open yet: to the host, or to the proxy that the environment names for it."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    proxy = _proxy(parts, host)
    secure = {"context": _tls()} if parts.scheme == "https" else {}
    kind: Any = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    if proxy is None:
        return kind(host, port, timeout=CONNECT_S, **secure)
    connection = kind(proxy.hostname, proxy.port or 80, timeout=CONNECT_S, **secure)
    if secure:
        connection.set_tunnel(host, port, dict(_proxy_credentials(proxy)))
    return connection


def _proxy(parts: SplitResult, host: str) -> SplitResult | None:
    """The proxy of the usual environment variables, without the one that a server's own header could set (CGI)."""
    known = urllib.request.getproxies_environment()
    address = known.get(parts.scheme) or known.get("all")
    if not address or _bypasses(host, known):
        return None
    try:
        proxy = urlsplit(address if "://" in address else f"http://{address}")
        if proxy.scheme == "http" and proxy.hostname and proxy.port != 0:
            return proxy
    except ValueError:
        pass
    raise Failed("no-answer.proxy-kind", address.rpartition("@")[2])


def _bypasses(host: str, known: dict[str, str]) -> bool:
    return bool(urllib.request.proxy_bypass_environment(host, known))  # type: ignore[attr-defined]


def _proxy_credentials(proxy: SplitResult) -> Iterator[tuple[str, str]]:
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        yield "Proxy-Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"


def _tls() -> ssl.SSLContext:
    """What is verified with the system's certificates, always."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _ask(connection: Any, parts: SplitResult, wanted: Wanted) -> tuple[http.client.HTTPResponse, socket.socket]:
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    headers = {"User-Agent": f"mapio-display/{__version__}", "Accept": "*/*", **wanted.headers}
    proxy = None if parts.scheme == "https" else _proxy(parts, parts.hostname or "")
    if proxy is not None:
        host = parts.netloc.rpartition("@")[2]
        path = f"http://{host}{path}"
        headers |= {"Host": host, **dict(_proxy_credentials(proxy))}
    try:
        connection.connect()
        taken: socket.socket = connection.sock  # http.client gives it up where the server is to close it
        taken.settimeout(wanted.stall_s)
        connection.request("GET", path, headers=headers)
        response: http.client.HTTPResponse = connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(error) from error
    except ssl.SSLError as error:
        raise Failed("not-secure", str(error)) from error
    except socket.gaierror as error:
        raise Failed("no-answer.name", str(error), host=parts.hostname or "") from error
    except TimeoutError as error:
        raise Failed("no-answer.silent", str(error), host=parts.hostname or "") from error
    except OSError as error:
        by_proxy = "Tunnel connection failed" in str(error)
        raise Failed("no-answer.proxy" if by_proxy else "no-answer", str(error), host=parts.hostname or "") from error
    except (http.client.HTTPException, UnicodeError, ValueError) as error:
        raise Failed("bad-answer.no-http", f"{type(error).__name__}: {error}", host=parts.hostname or "") from error
    return response, taken


def _untrusted(error: ssl.SSLCertVerificationError) -> Failed:
    lacks = "incomplete" if error.verify_code in _LACKS else "untrusted"
    why = _VERIFY.get(error.verify_code, lacks)
    if error.verify_code in _NO_ISSUER and not _has_certificates():
        why = "no-certificates"
    return Failed(f"not-secure.{why}", error.verify_message)


def _has_certificates() -> bool:
    """Whether the system has any certificates to verify others with: in one file, or a folder of them."""
    if ssl.create_default_context().cert_store_stats()["x509_ca"]:
        return True
    folder = ssl.get_default_verify_paths().capath
    return bool(folder) and any(re.fullmatch(r"[0-9a-f]{8}\.\d+", entry.name) for entry in Path(folder).iterdir())


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Failed("storage", f"{path.name}: {error.strerror}") from error


if __name__ == "__main__":
    main()
