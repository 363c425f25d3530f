"""Messages survive their journey between machines in pieces, whatever their size."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.cluster.lines import pieces
from scoop.cluster.lines.pieces import PIECE_BYTES, PieceReader, pieces_of
from scoop.wire.messages import Busy, MalformedMessage, Message, Results
from scoop.wire.shared_buffers import SharedBuffers

SIZES = st.one_of(st.integers(0, 300), st.integers(PIECE_BYTES - 200, PIECE_BYTES + 9), st.just(3 * PIECE_BYTES))


def buffers_of(size: int) -> SharedBuffers | None:
    """Return memory of this size; None for 0."""
    if not size:
        return None
    made = SharedBuffers.empty()
    made.append(os.urandom(size))
    return made


def content_of(message: Message) -> bytes | None:
    """Return what is in the buffers of a message."""
    assert isinstance(message, Results)
    return None if message.buffers is None else bytes(message.buffers.map(own=False))


@given(st.lists(st.tuples(SIZES, SIZES), max_size=4))
def test_messages_survive_in_pieces(sizes: list[tuple[int, int]]) -> None:
    reader = PieceReader()
    for body, content in sizes:
        sent = Results(7, [1, 2], os.urandom(body), buffers_of(content))
        *first, last = pieces_of(sent)
        assert [reader.feed(piece) for piece in first] == [None] * len(first)
        received = reader.feed(last)
        assert isinstance(received, Results)
        assert received.body == sent.body
        assert content_of(received) == content_of(sent)


def test_no_piece_is_large_and_small_messages_are_whole() -> None:
    large = pieces_of(Results(7, [1], bytes(3 * PIECE_BYTES), buffers_of(2 * PIECE_BYTES)))
    assert all(len(piece) <= PIECE_BYTES for piece in large if isinstance(piece, bytes))
    assert len([*pieces_of(Busy())]) == 1


def test_pieces_that_make_no_message_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 10)
    first, second, *_ = pieces_of(Results(7, [1], bytes(30), None))
    for *before, wrong in ([second], [first, first], [(3, None, b"abc")], [first, bytes(99)]):
        reader = PieceReader()
        for piece in before:
            reader.feed(piece)
        with pytest.raises(MalformedMessage):
            reader.feed(wrong)
