"""Objects survive the way by name and by value."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.wire import codec

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
