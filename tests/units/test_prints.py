"""A container of plain values is known again by its print, as long as nothing in it has changed."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scoop.wire.main_module import Imported, print_of

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5)
)
nested = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)
containers = st.lists(nested, max_size=5) | st.dictionaries(st.integers(), nested, max_size=5)


@given(containers)
def test_what_is_equal_has_the_same_print_and_what_has_more_has_another(value: Any) -> None:
    before = print_of(value)
    assert before is not None
    assert print_of(value) == before
    larger = deepcopy(value)
    if isinstance(larger, list):
        larger.append([1])
    else:
        larger["more"] = 1
    assert print_of(larger) != before


def test_a_change_deep_within_is_seen() -> None:
    value: dict[str, Any] = {"a": [1, {"b": (2, [3])}]}
    found = Imported(value, compares=True)
    assert found.looks_the_same(value)
    value["a"][1]["b"][1][0] = 4
    assert not found.looks_the_same(value)
    value["a"][1]["b"][1][0] = 3
    assert found.looks_the_same(value)
    assert not found.looks_the_same(deepcopy(value)), "it is another object, which others may change"


def test_what_holds_objects_or_has_grown_much_has_no_print() -> None:
    assert print_of([object()]) is None
    assert print_of(type("Own", (list,), {})()) is None
    small = print_of([1])
    assert small is not None
    assert print_of([1] * 1000, 2 * small.size) is None
