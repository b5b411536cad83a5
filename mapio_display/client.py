"""The client of a running daemon, by its Unix socket or by a URL."""

import http.client
import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mapio_display.errors import CommandLineError
from mapio_display.words.catalogue import Words

CALL_S = 10.0
LOOK_S = 0.2
PNG = b"\x89PNG\r\n\x1a\n"  # what every PNG file begins with


class DaemonClient:
    """Calls the daemon's HTTP interface; ``url`` names another daemon than the one behind ``socket_path``.

    The daemon answers in the language of ``words``.
    """

    def __init__(self, socket_path: Path, words: Words, url: str | None = None) -> None:
        self.words = words
        self._socket_path = socket_path
        self._url = url

    def get(self, path: str) -> bytes:
        """GET ``path``; raises ``CommandLineError`` if there is no daemon or it refuses."""
        return self._request("GET", path, None)

    def status(self) -> dict[str, Any]:
        """Give the daemon's status, as ``/api/status`` has it; raises ``CommandLineError``, as ``get`` does."""
        try:
            status = json.loads(self.get("/api/status"))
        except (ValueError, RecursionError):
            status = None
        if not (isinstance(status, dict) and isinstance(status.get("daemon"), dict)):
            raise self._stranger()
        return status

    def picture(self) -> bytes:
        """Give the panel's picture, a PNG file; raises ``CommandLineError``, as ``get`` does."""
        picture = self.get("/api/panel.png")
        if not picture.startswith(PNG):
            raise self._stranger()
        return picture

    def post(self, path: str, content: dict[str, Any], method: str = "POST") -> dict[str, Any]:
        """Send ``content`` as JSON to ``path``; raises ``CommandLineError``, as ``get`` does."""
        answer = self._request(method, path, json.dumps(content).encode())
        return dict(json.loads(answer)) if answer else {}

    def wait_ready(self, seconds: float) -> bool:
        """Wait until the daemon reports ready, so many seconds at the most; False when the time is up."""
        until = time.monotonic() + seconds
        while True:
            try:
                if self.status()["daemon"].get("ready") is True:
                    return True
            except CommandLineError:
                pass  # not up yet
            if time.monotonic() >= until:
                return False
            time.sleep(min(LOOK_S, max(0.0, until - time.monotonic())))

    def settled(self, doing: str, within_s: float = 120.0, *, of: str = "release") -> dict[str, Any]:
        """Give the status when its part ``of`` says that this is over; raises ``CommandLineError``, as ``get`` does."""
        until = time.monotonic() + within_s
        while isinstance(part := (status := self.status()).get(of), dict):
            if not part.get(doing):
                return status
            if time.monotonic() >= until:
                raise CommandLineError(self.words.text("console.no-server", daemon=self._where()))
            time.sleep(LOOK_S)
        raise self._stranger()

    def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = self._connection()
        headers = {"Accept-Language": self.words.language}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except FileNotFoundError:
            # It listens there when it has its data: which PIN and update there are is not known before.
            raise CommandLineError(self.words.text("console.not-there", socket=self._where())) from None
        except (OSError, http.client.HTTPException) as error:
            why = self.words.text("console.no-answer", daemon=self._where(), reason=str(error))
            raise CommandLineError(why) from error
        finally:
            connection.close()
        if answer.status >= 400:
            why = self.words.text("console.answered", daemon=self._where(), status=answer.status, reason=answer.reason)
            raise CommandLineError(_message(content) or why)
        return content

    def _connection(self) -> http.client.HTTPConnection:
        if self._url is None:
            return _UnixConnection(self._socket_path)
        parts = urlsplit(self._url)
        return http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=CALL_S)

    def _stranger(self) -> CommandLineError:
        return CommandLineError(self.words.text("console.stranger", daemon=self._where()))

    def _where(self) -> str:
        return self._url or str(self._socket_path)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket in place of a host and a port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _message(content: bytes) -> str | None:
    """What an answer says is wrong, with the raw text behind it where there is one; None if it is none of ours."""
    try:
        error = json.loads(content)["error"]
        message, detail = str(error["message"]), error.get("detail")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return f"{message} ({detail})" if detail else message
