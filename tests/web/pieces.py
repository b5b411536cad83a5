"""What odd requests are made of: what should be there, what should not, and what only looks right."""

from base64 import b64encode

from tests.web.client import BOUNDARY, form

SIZE = 64  # bytes of an upload in pieces
WHOLE = form(b"damaged bundle\r\n--a-boundar\r\n")[1]
FORM_PIECES = [
    f"--{BOUNDARY}\r\n".encode(),
    f"\r\n--{BOUNDARY}\r\n".encode(),
    f"\r\n--{BOUNDARY}--\r\n".encode(),
    b"--",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b'Content-Disposition: form-data; name="bundle"; filename="x.raucb"\r\n',
    b"Content-Disposition: form-data; name=\"bundle\"; filename*=utf-8''%ff%00\r\n",
    b'Content-Disposition: form-data; name="other"\r\n',
    b"Content-Disposition: ;;=\x00\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: moon\r\n",
    b"Content-Encoding: deflate\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: x\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    b"X: " + b"y" * 9000,
    WHOLE,
    WHOLE[:-8],
]
FORM_TYPES = [
    *[f"multipart/form-data; boundary={BOUNDARY}"] * 5,
    f'multipart/form-data; boundary="{BOUNDARY}"; charset=moon',
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "b" * 80,
    "multipart/mixed; boundary=" + BOUNDARY,
    "\x00/\xff; boundary",
]
COUNTS = ["0", "0", "5", str(SIZE), str(SIZE), "-1", "+5", "0x10", "5 ", "\u0663", "9" * 18, "9" * 19, "", "1e3"]
METADATA = [
    "",
    "filename " + b64encode(b"../../x\x00.raucb").decode(),
    "filename " + b64encode("ü\u202e\n".encode()).decode() + ",fingerprint " + b64encode(b"f" * 300).decode(),
    "filename",
    "filename ?",
    ",,,",
    "a " * 2000,
    "\xfc \udcff",
    "fingerprint " + b64encode(b"\xff\xfe").decode(),
]
ODD_NAMES = ["Tus-Resumable", "Content-Type", "Expect", "Transfer-Encoding", "Content-Encoding"]
ODD_VALUES = ["0.2.2", "text/plain", "100-continue", "moon", "chunked", "gzip", "\x7f"]
METHODS = ["PATCH", "PATCH", "PATCH", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"]
LINES = [
    b"Origin: null",
    b"Origin: http://[::1",
    b"Content-Length: 5",
    b"Content-Length: -5",
    b"Content-Length: 5, 6",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: chunked, moon",
    b"Expect: 100-continue",
    b"Expect: moon",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Cookie: \xff=\x01; mapio=..",
    b"Authorization: Basic ===",
    b"Authorization: Basic \xff",
    b"Authorization: " + b"B" * 9000,
    b"Content-Type: multipart/form-data; boundary=",
    b"Content-Type: application/json; charset=moon",
    b"Accept: text/html;q=x",
    b" folded",
    b"no colon",
    b": no name",
]
HOSTS = [
    *[b"Host: 127.0.0.1"] * 10,
    b"Host: 127.0.0.1\r\nHost: 127.0.0.1",
    b"Host: 127.0.0.1\x00.local",
    b"Host: [::1",
    b"Host: \xff\xfe",
    b"Host:",
    b"X-No: host",
]
STARTS = [
    b"GET / HTTP/1.1",
    b"GET /update?part HTTP/1.0",
    b"GET http://[::1 HTTP/1.1",
    b"GET /assets/x/..%2f..%2fetc%2fpasswd HTTP/1.1",
    b"GET /assets/%00/%ff HTTP/1.1",
    b"GET //../\\..\\x HTTP/1.1",
    b"GET /api/panel.png HTTP/1.1",
    b"POST /api/session HTTP/1.1",
    b"POST /update HTTP/1.1",
    b"POST /api/update/cancel HTTP/1.1",
    b"PATCH /api/uploads/%2e%2e%2fx HTTP/1.1",
    b"CONNECT x:1 HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"GET / HTTP/3.7",
    b"G\x00T / HTTP/1.1",
    b"PRI * HTTP/2.0",
]
BODIES = [b"", b'{"pin": [1]}', b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\nx\r\n"]
JSONS = [
    b'{"pin": "000000"}',
    b'{"pin": [1]}',
    b'{"pin": "\\ud800"}',
    b'{"pin": "\xd9\xa0\xd9\xa1"}',
    b'{"button": "up"}',
    b'{"button": "mid", "hold": 1e999}',
    b'{"button": "mid", "hold": NaN, "down": 0}',
    b'{"button": {}, "down": true}',
    b'{"enabled": null}',
    b"pin=000000&pin=1",
    b"button=up&hold=",
    b"[" * 5000,
    b"1" * 5000,
    b'{"a": ' * 300 + b"1" + b"}" * 300,
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"",
]
JSON_TYPES = [
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=idna",
    "application/json; charset=\xff",
    "application/x-www-form-urlencoded",
    "text/plain",
    "",
]
JSON_PATHS = [
    "/api/session",
    "/api/press",
    "/api/update/cancel",
    "/api/update/reboot",
    "/api/update/acknowledge",
    "/api/wifi",
    "/api/wifi/networks",
    "/api/ssh/keys",
    "/api/web",
    "/api/pin",
    "/api/status",
]
