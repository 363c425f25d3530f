"""What a run of the tests leaves out, unless it is thorough."""

from thorough import left_out


def test_every_other_of_many_variants_is_left_out() -> None:
    many = [f"tests/faults/test_a.py::test_b[{number}]" for number in range(7)]
    assert left_out(many, ()) == {many[1], many[3], many[5]}


def test_few_variants_all_run_and_so_do_quick_ones() -> None:
    few = [f"tests/faults/test_a.py::test_b[{number}]" for number in range(3)]
    quick = [f"tests/units/test_a.py::test_b[{number}]" for number in range(50)]
    assert left_out([*few, *quick], ()) == set()


def test_what_is_marked_is_left_out() -> None:
    assert left_out(["tests/library/test_a.py::test_b"], ["tests/library/test_a.py::test_b"]) == {
        "tests/library/test_a.py::test_b"
    }
