"""How far several runs of tests are is told in a line."""

from progress import Progress

LINES = [
    "collected 9 items\n",
    "tests/a.py ..F  [3/9]\n",
    "tests/b.py .E.  [6/9]\n",
    "FAILED tests/a.py::test_a\n",
]


def test_a_run_that_has_not_begun_waits() -> None:
    assert Progress(["3.13", "3.11"]).line() == "waiting: 2"


def test_what_has_passed_and_failed_is_counted_while_a_run_goes_on() -> None:
    progress = Progress(["3.13", "3.11"])
    follow = progress.follow("3.13", LINES)
    assert next(follow) == LINES[0]
    assert progress.line() == "3.13: begins; waiting: 1"
    next(follow)
    next(follow)
    assert progress.line() == "3.13: 3 of 9, 1 failed; waiting: 1"
    assert [*follow] == LINES[3:]
    assert progress.line() == "3.13: 6 of 9, 2 failed; waiting: 1"


def test_a_run_that_has_ended_is_only_counted() -> None:
    progress = Progress(["3.13"])
    assert [*progress.follow("3.13", LINES)] == LINES
    progress.ended("3.13")
    assert progress.line() == "ended: 1"
