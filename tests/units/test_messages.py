"""Messages survive any chopping of the stream; what is no message is refused."""

import struct
from collections.abc import Sequence
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.wire.messages import (
    Busy,
    MalformedMessage,
    Message,
    MessageReader,
    Results,
    batch_ids,
    encode,
    owner_of,
)
from scoop.wire.shared_buffers import SharedBuffers

numbers = st.integers(-(2**63), 2**63 - 1)
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)

FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    int: numbers,
    bool: st.booleans(),
    Sequence[int]: st.lists(numbers, max_size=20),
    bytes: st.binary(max_size=200),
    SharedBuffers | None: st.none(),
    tuple[str, ...]: st.lists(names, max_size=5).map(tuple),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
}

messages: st.SearchStrategy[Message] = st.one_of(
    *(
        st.builds(message_type, *(FIELDS[hint] for hint in get_type_hints(message_type).values()))
        for message_type in Message.__args__
    )
)


def plain(message: Message) -> tuple[Any, ...]:
    """Return a message's type and values, with lists for all sequences of numbers."""
    values: Any = message
    return type(message), *(
        value if isinstance(value, tuple | str | bytes | int | None) else [*value] for value in values
    )


@given(st.lists(messages, max_size=8), st.lists(st.integers(1, 60), max_size=30))
def test_messages_survive_however_the_stream_is_chopped(sent: list[Message], cuts: list[int]) -> None:
    stream = b"".join(map(encode, sent))
    reader, received = MessageReader(), list[Message]()
    for size in [*cuts, len(stream)]:
        received += reader.feed(stream[:size])
        stream = stream[size:]
    assert [plain(message) for message in received] == [plain(message) for message in sent]
    assert reader.missing == len(encode(Busy())), "nothing but a header is awaited"


@given(st.integers(0, 2**15 - 1), st.integers(0, 2**20 - 1))
def test_a_batch_knows_its_owner(machine: int, worker: int) -> None:
    ids = batch_ids(machine, worker)
    first, second = next(ids), next(ids)
    assert first != second
    assert owner_of(first) == owner_of(second) == (machine, worker)
    encode(Results(second, [], b"", None))


def test_the_reader_tells_how_many_bytes_are_missing() -> None:
    frame = encode(Results(1, [2, 3], b"x" * 100, None))
    reader = MessageReader()
    assert not list(reader.feed(frame[:20]))
    assert reader.missing == len(frame) - 20
    assert list(reader.feed(frame[20:]))


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack("<BBIQ", 0, 0, 0, 0),
        struct.pack("<BBIQ", 255, 0, 0, 0),
        struct.pack("<BBIQ", 1, 0, 1 << 25, 0),
        struct.pack("<BBIQ", 1, 0, 0, 1 << 43),
        struct.pack("<BBIQ", 1, 0, 0, 0),  # Idle has two numbers
    ],
)
def test_bytes_that_are_no_message_are_refused(frame: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(MessageReader().feed(frame))


def test_a_message_without_its_descriptor_is_refused() -> None:
    frame = bytearray(encode(Results(1, [2], b"x", None)))
    frame[1] = 1  # it says that it has buffers
    with pytest.raises(MalformedMessage, match="ulimit"):
        list(MessageReader().feed(bytes(frame)))
