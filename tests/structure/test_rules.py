"""The checker of the rules finds what breaks them, and passes what does not."""

import pytest

from .rules import Source, find_problems


def problems(**texts: str) -> list[str]:
    """Return what breaks a rule in a package of files with these texts."""
    sources = [Source(f"src/scoop/{name}.py", f"scoop.{name}", text) for name, text in texts.items()]
    return [*find_problems(sources)]


def test_files_that_import_one_way_are_passed() -> None:
    """An import of a file below is no circle."""
    assert problems(a="from . import b\nfrom .b import x", b="import os\nx = os._exit") == []


@pytest.mark.parametrize(
    "back",
    [
        "import scoop.a",
        "from scoop.a import x",
        "def f():\n    from . import a",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import A",
    ],
)
def test_a_circle_is_found_wherever_the_import_stands(back: str) -> None:
    """Imports within functions and for the type checker count."""
    (problem,) = problems(a="from . import b", b=back)
    assert "circle" in problem


def test_a_private_name_of_another_file_is_found() -> None:
    """Whether it is an attribute, or imported."""
    own = "class A:\n    def __init__(self, other: 'A') -> None:\n        self._x = other._x"
    assert problems(a=own, b="def f(it): return it._x") == ["src/scoop/b.py:1: _x is private to another file"]
    assert problems(a="_x = 1", b="from .a import _x") == ["src/scoop/b.py:1: _x is private to another file"]


def test_a_file_that_is_too_long_is_found() -> None:
    """The limit itself is allowed."""
    assert problems(a="\n" * 400) == []
    (problem,) = problems(a="\n" * 401)
    assert "401 lines" in problem


def test_a_metaphor_is_found_in_text_and_in_names() -> None:
    """Words within other words are none."""
    assert problems(a="# a dashboard, and KeyboardInterrupt; benchmarks/sweep_tuning.py") == []
    found = problems(a="# Errands\nclass LetterBox: ...\nmost_parcels = 1\nclass CargoHold: ...")
    assert [problem.split(":")[1] for problem in found] == ["1", "3", "4"]


def test_the_name_of_a_test_that_is_too_long_is_found() -> None:
    """In files of tests only."""
    text = f"def test_{'x' * 70}(): ..."
    (problem,) = find_problems([Source("tests/test_a.py", "", text)])
    assert "75 characters" in problem


def test_a_lock_that_is_taken_in_an_unmarked_function_is_found() -> None:
    """A finalizer may be run within it, and wait for ever."""
    made = "from threading import RLock\nclass A:\n    def __init__(self):\n        self._x = RLock()\n"
    taken = "    def f(self):\n        with self._x:\n            pass\n"
    source = Source("src/scoop/engine/a.py", "scoop.engine.a", made + taken)
    (problem,) = find_problems([source])
    assert "f() takes a lock" in problem
    assert not [*find_problems([source._replace(text=made + "    @indivisible\n" + taken)])]
