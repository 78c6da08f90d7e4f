"""Bytes into messages, whatever pieces they come in."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliosdb_server.protocol import messages, replies
from heliosdb_server.protocol.errors import PgError
from heliosdb_server.protocol.frames import STARTUP_LIMIT, Frame, FrameReader


@given(
    st.lists(st.tuples(st.sampled_from(b"QPBDESX"), st.binary(max_size=50)), max_size=8), st.integers(1, 20)
)
@settings(max_examples=60, deadline=None)
def test_the_pieces_don_t_matter(sent, size):
    data = b"".join(replies.message(bytes([kind]), body) for kind, body in sent)
    reader, found = FrameReader(), []
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size])
        while (frame := reader.next()) is not None:
            found.append(frame)
    assert found == [Frame(kind, body) for kind, body in sent]
    assert reader.pending == 0


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_messages_or_an_error(data):
    readers = (
        messages.startup,
        messages.parse,
        messages.bind,
        messages.describe,
        messages.execute,
        messages.query,
    )
    for read in readers:
        try:
            read(data)
        except PgError as error:
            assert error.code in ("08P01", "22021")  # noqa: PT017


def test_a_length_beyond_the_limit_is_refused_before_it_is_read():
    reader = FrameReader(limit=100)
    reader.feed(b"Q" + struct.pack("!I", 1_000_000))
    with pytest.raises(PgError, match="longer than"):
        reader.next()


def test_bind():
    body = b"portal\0statement\0" + struct.pack("!HhHi", 1, 1, 2, 3) + b"abc" + struct.pack("!iHh", -1, 1, 0)
    assert messages.bind(body) == messages.Bind("portal", "statement", (1,), (b"abc", None), (0,))


def test_an_error_has_its_fields():
    sent = replies.error(PgError("42P01", "no", position=7))
    assert sent[5:] == b"SERROR\0VERROR\0C42P01\0Mno\0P7\0\0"


def test_row_description():
    sent = replies.row_description([replies.Field("a", 23, 4)], ())
    assert sent == b"T\0\0\0\x1a\0\x01a\0" + struct.pack("!IhIhih", 0, 0, 23, 4, -1, 0)


@pytest.mark.parametrize("size", [0, 7, STARTUP_LIMIT + 1, 2**31, 2**32 - 1])
def test_a_first_packet_of_a_wrong_length_is_not_waited_for(size):
    reader = FrameReader()
    reader.feed(struct.pack("!I", size))
    with pytest.raises(PgError, match="invalid length of startup packet"):
        reader.next_startup()
