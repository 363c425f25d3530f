"""Of which messages the broker says that their rest does not come."""

from scoop.broker.half_messages import HalfMessages
from scoop.wire.messages import MessageReader, Results, encode


def test_a_message_whose_rest_does_not_come_is_told_of_once() -> None:
    found = HalfMessages()
    assert found.look({1: (10, 100), 2: (10, 100)}) == []
    [text] = found.look({1: (10, 100), 2: (20, 100)})
    assert "worker 1 has sent 10 bytes of a message that is to have 100" in text
    assert found.look({1: (10, 100)}) == []
    assert found.look({}) == []
    assert found.look({1: (10, 100)}) == []
    assert len(found.look({1: (10, 100)})) == 1


def test_a_reader_knows_the_part_that_has_come() -> None:
    frame = encode(Results(1, [2, 3], b"x" * 100, None))
    reader = MessageReader()
    assert reader.part is None
    assert not list(reader.feed(frame[:50]))
    assert reader.part == (50, len(frame))
    assert list(reader.feed(frame[50:]))
    assert reader.part is None
