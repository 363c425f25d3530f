"""Frames survive any chopping of the stream; objects survive the way by name and by value."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.wire import codec
from scoop.wire.messages import Kind, Message, MessageReader, encode, owner_of, parcel_id

messages = st.builds(
    Message,
    st.sampled_from(Kind),
    st.integers(0, 2**64 - 1),
    st.lists(st.integers(0, 2**32 - 1), max_size=20),
    st.binary(max_size=200),
    st.none(),
)


def plain(message: Message) -> tuple[Any, ...]:
    return message.kind, message.parcel, list(message.numbers), message.body


@given(st.lists(messages, max_size=8), st.lists(st.integers(1, 60), max_size=30))
def test_messages_survive_however_the_stream_is_chopped(sent: list[Message], cuts: list[int]) -> None:
    stream = b"".join(encode(*message) for message in sent)
    reader, received = MessageReader(), list[Message]()
    for size in [*cuts, len(stream)]:
        received += reader.feed(stream[:size])
        stream = stream[size:]
    assert [plain(m) for m in received] == [plain(m) for m in sent]


@given(st.integers(0, 2**20), st.integers(1, 2**40 - 1))
def test_a_parcel_knows_its_owner(owner: int, serial: int) -> None:
    assert owner_of(parcel_id(owner, serial)) == owner


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json)
def test_data_survives(value: Any) -> None:
    assert codec.loads(codec.dumps(value)) == value


def test_what_pickle_refuses_travels_by_value() -> None:
    base = 40
    assert codec.loads(codec.dumps(lambda x: x + base))(2) == 42


def test_what_nothing_can_pickle_raises() -> None:
    with pytest.raises((TypeError, pickle.PicklingError)):
        codec.dumps(x for x in "abc")
