"""Which tests only a thorough run has: a run of all must end within minutes, on two processors.

These are the tests that are marked with ``thorough``, and of each test with many variants, each of which starts
processes, every other variant. Of a test that runs with one worker and with two, it is one of them, by turns.
``make thorough`` runs all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

__all__ = ["left_out"]

MANY = 3
"""A test with more variants runs every other one."""

EVERYWHERE = ["1]", "2]"]
"""The variants of a test that runs with one worker and with two."""

QUICK = ("tests/units/", "tests/docs/", "tests/fuzz/", "tests/structure/", "tests/test_examples.py")
"""Where all variants run: they are quick, or each of them is about something else."""


def left_out(tests: Iterable[str], marked: Collection[str]) -> set[str]:
    """Return which of the tests are for thorough runs. ``marked``: those that say so themselves."""
    variants = defaultdict[str, list[str]](list)
    for test in tests:
        if not test.startswith(QUICK):
            variants[test.partition("[")[0]].append(test)
    many = [each for each in variants.values() if len(each) > MANY]
    pairs = [each for each in variants.values() if [test.partition("[")[2] for test in each] == EVERYWHERE]
    by_turns = {pair[turn % 2] for turn, pair in enumerate(pairs)}
    return {*marked, *by_turns, *(test for each in many for test in each[1::2])}
