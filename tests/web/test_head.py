"""The head of a request: collected piece by piece, within its bounds."""

import pytest

from mapio_display.core.failures import Failure
from mapio_display.web.http.head import HEAD_BYTES, HEADERS_MOST, Head, Taken
from mapio_display.web.refusals import HEAD_TOO_LARGE, malformed

GET = b"GET / HTTP/1.1\r\nHost: mapio\r\n\r\n"
MANY = b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (HEADERS_MOST + 1) + b"\r\n"
NOT_ASCII = b"POST / HTTP/1.1\r\nExpect: \xe9\r\n\r\n"


def taken(data: bytes, size: int) -> Taken | None:
    """What becomes of a head that comes in pieces of so many bytes, up to where it is taken."""
    head = Head()
    for at in range(0, len(data), size):
        assert head.room > 0
        if (found := head.take(data[at : at + size])) is not None:
            return found._replace(rest=found.rest + data[at + size :])
    return None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 2 * HEAD_BYTES])
@pytest.mark.parametrize(
    ("data", "head", "refused"),
    [
        (GET, GET, None),
        (GET.replace(b"\r\n", b"\n"), GET.replace(b"\r\n", b"\n"), None),
        (b"\r\n\r\n" + GET, GET, None),
        (NOT_ASCII, NOT_ASCII, malformed("Expect is not all ASCII")),
    ],
)
def test_a_head_is_the_same_in_any_pieces(data: bytes, head: bytes, refused: Failure | None, size: int) -> None:
    assert taken(data, size) == Taken(head, b"", refused)
    assert (found := taken(data + b"body", size)) is not None
    assert refused or (found.head, found.rest) == (head, b"body")


@pytest.mark.parametrize("size", [1, 2 * HEAD_BYTES])
@pytest.mark.parametrize("data", [MANY, b"GET /" + b"a" * HEAD_BYTES])
def test_a_head_that_is_too_large_is_refused(data: bytes, size: int) -> None:
    assert (found := taken(data, size)) is not None
    assert found.refused == HEAD_TOO_LARGE


def test_what_is_no_head_is_given_on_at_once_and_an_unfinished_one_is_not() -> None:
    assert taken(b"\x16\x03\x01\x02\x00", 3) == Taken(b"\x16\x03\x01", b"\x02\x00")
    assert taken(GET[:-1], 4) is None
