"""Objects survive the way by name and by value."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.wire import codec
from scoop.wire.limited_stream import TooLarge

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json)
def test_data_survives(value: Any) -> None:
    assert codec.loads(codec.dumps(value)) == value


def test_a_lambda_travels_by_value() -> None:
    base = 40
    assert codec.loads(codec.dumps(lambda x: x + base))(2) == 42


def test_a_generator_cannot_be_pickled() -> None:
    with pytest.raises((TypeError, pickle.PicklingError)):
        codec.dumps(x for x in "abc")


def test_what_would_be_too_large_is_given_up_early() -> None:
    class Endless:
        def __reduce__(self) -> Any:
            return list, (), None, (bytes(1000) for _ in iter(int, 1))

    for large in (Endless(), [bytes(1001)], "x" * 1001, pickle.PickleBuffer(bytes(1001))):
        with pytest.raises(TooLarge):
            codec.dumps_at_most(1000, large)
    assert codec.loads(codec.dumps_at_most(1000, [bytes(900)])) == [bytes(900)]


def test_a_class_that_comes_back_by_value_stays_as_it_is() -> None:
    class Local:
        def method(self) -> None: ...

    method = Local.method
    assert type(codec.loads(codec.dumps(Local()))) is Local
    assert Local.method is method
