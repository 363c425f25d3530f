"""What is left out of a profile: functions of SCOOP's, and the calls in C that they make."""

import os

import scoop
from scoop.machine.profiling import Stats, without_our_functions

OURS = (f"{os.path.dirname(scoop.__file__)}{os.sep}futures.py", 1, "submit")
THEIRS = ("script.py", 1, "work")
LOCK = ("~", 0, "<method 'acquire' of '_thread.lock' objects>")


def test_calls_in_c_count_only_as_far_as_the_program_makes_them() -> None:
    stats: Stats = {
        OURS: (5, 5, 1.0, 9.0, {}),
        THEIRS: (2, 2, 1.0, 2.0, {OURS: (2, 2, 1.0, 2.0)}),
        LOCK: (7, 7, 8.0, 8.0, {OURS: (4, 4, 7.0, 7.0), THEIRS: (3, 3, 1.0, 1.0)}),
    }
    assert without_our_functions(stats) == {
        THEIRS: (2, 2, 1.0, 2.0, {}),
        LOCK: (3, 3, 1.0, 1.0, {THEIRS: (3, 3, 1.0, 1.0)}),
    }


def test_what_only_scoop_calls_in_c_is_left_out() -> None:
    assert without_our_functions({LOCK: (4, 4, 7.0, 7.0, {OURS: (4, 4, 7.0, 7.0)})}) == {}
