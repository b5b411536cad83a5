"""Messages as they come from a bus: cut anywhere, of anybody, of any form."""

import contextlib
import os

import pytest
from dbus_next.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from mapio_display.host.wire import LARGEST_MESSAGE, Header, Inflow, WireError, read_header


def marshalled(value: str) -> bytes:
    message = Message.new_signal("/a", "b.c", "D", "s", [value])
    message.serial = 3
    return bytes(message._marshall())


@settings(max_examples=30)
@given(st.lists(st.text(max_size=20), max_size=5), st.data())
def test_messages_cut_anywhere_come_whole_and_in_their_order(texts: list[str], data: st.DataObject) -> None:
    texts = [text.replace("\0", "") for text in texts]
    stream = b"".join(map(marshalled, texts))
    inflow, got, at = Inflow(lambda _: True), [], 0
    while at < len(stream):
        size = data.draw(st.integers(1, len(stream) - at))
        got += [message.body[0] for message in inflow.take(stream[at : at + size])]
        at += size
    assert got == texts


@given(st.binary(max_size=200), st.booleans())
def test_bytes_of_any_kind_give_messages_or_an_error_and_nothing_else(noise: bytes, after_a_header: bool) -> None:
    stream = (b"l\4\1\1" if after_a_header else b"") + noise
    inflow = Inflow(lambda _: True)
    with contextlib.suppress(WireError):
        list(inflow.take(stream))
    assert len(inflow._buffer) <= len(stream)


def test_a_message_that_nobody_wants_is_not_kept_while_it_comes() -> None:
    inflow = Inflow(lambda _: False)
    stream = marshalled("x" * 1_000_000)
    for at in range(0, len(stream), 1000):
        assert list(inflow.take(stream[at : at + 1000])) == []
        assert len(inflow._buffer) <= 1000
    inflow._wanted = lambda _: True
    assert [message.body for message in inflow.take(marshalled("next"))] == [["next"]]


def test_a_message_too_large_is_dropped_from_any_sender() -> None:
    inflow = Inflow(lambda _: True)
    got = list(inflow.take(marshalled("x" * LARGEST_MESSAGE) + marshalled("next")))
    assert [message.body for message in got] == [["next"]]


def test_a_header_is_read_as_it_was_written() -> None:
    data = marshalled("x")
    assert read_header(data) == Header(4, "", 0, len(data))
    assert read_header(data[:15]) is None
    with pytest.raises(WireError, match="protocol"):
        read_header(b"x" * 16)


def test_open_files_of_what_is_dropped_or_cut_off_are_closed() -> None:
    message = Message.new_signal("/a", "b.c", "D", "h", [0])
    message.serial, message.unix_fds = 3, [0]
    stream = bytes(message._marshall(negotiate_unix_fd=True))
    for wanted in (True, False):
        reading, writing = os.pipe()
        inflow = Inflow((lambda _: True) if wanted else (lambda _: False))
        got = list(inflow.take(stream, [writing]))
        assert [one.unix_fds for one in got] == ([[writing]] if wanted else [])
        if wanted:
            os.close(writing)
        assert os.read(reading, 1) == b""
        os.close(reading)
    reading, writing = os.pipe()
    inflow = Inflow(lambda _: True)
    assert list(inflow.take(stream[:20], [writing])) == []
    inflow.close()
    assert os.read(reading, 1) == b""
    os.close(reading)
