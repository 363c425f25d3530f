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


def test_of_one_worker_and_two_each_has_its_turn() -> None:
    pairs = [f"tests/library/test_a.py::test_{name}[{n}]" for name in "abc" for n in (1, 2)]
    others = [f"tests/library/test_a.py::test_d[{name}]" for name in ("1", "3")]
    assert left_out([*pairs, *others], ()) == {pairs[0], pairs[3], pairs[4]}
