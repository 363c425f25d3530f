"""Each example runs, says what it should, and says it without a word on stderr."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from running import run_python

FOLDER = Path(__file__).resolve().parent.parent / "examples"


class Example(NamedTuple):
    """What the last line looks like, and what to give on the command line."""

    last_line: str
    arguments: tuple[str, ...] = ()


EXAMPLES = {
    "as_completed": Example(r"Served 4 dishes, each as soon as it was ready\."),
    "callbacks": Example(r"11 primes among 100 numbers\."),
    "cancel": Example(r"24 drawers: each was either searched or spared\."),
    "census": Example(r"Both censuses agree on all 40 files\.", ("--files", "40")),
    # What evolution finds may differ with DEAP's version; that it finds the same serially is checked inside.
    "deap_islands": Example(r"4 islands; the best of all has \d+ ones of 40, \d+ at first\."),
    "deap_onemax": Example(r"\d+ individuals evaluated; the best has \d+ ones of 60\."),
    "deap_sorting_network": Example(r"\d+ comparators sort \d+ of 32 inputs\."),
    "exceptions": Example(r"Left on the shelves: \[8, 0, 0\]"),
    "executor": Example(r"Counted 35 letters, three times\."),
    "graph": Example(r"Served a pizza of 500 g with 9 slices\."),
    "hello": Example(r"Hello, Edsger!"),
    "map_as_completed": Example(r"Below 2000, 1161 takes the most steps: 181\."),
    "maps": Example(r"All maps agree with the builtin map\."),
    "monte_carlo": Example(r"320000 darts say that pi is about 3\.1432\."),
    "objects": Example(r"4 robots went out, 4 came back\."),
    "optional_scoop": Example(r"The largest digit sum is 532, says futures\.map\."),
    "reduce": Example(r"54 words, 16 of them different; 2 times a horse\."),
    "resume": Example(r"\d+ of 40 were computed before the plug was pulled; [0-4] of them once more\."),
    "same_digits": Example(r"With seed \d+: 800 walks end 1\d\.\d{12} steps away from home\."),
    "scan": Example(r"7 bookings end at 212\.26\."),
    "shared_constants": Example(r"The atlas is a constant: it cannot be set twice\."),
    "sort": Example(r"Sorted 40000 numbers, from 32 to 999996\."),
    "timeouts": Example(r"5 naps ended, none was lost\."),
    "tree": Example(r"7 queens can be placed in 40 ways\."),
    "wait": Example(r"Arrived: heavy, steady, swift\."),
}


def last_line(*command: str) -> str:
    """Run Python, expect success and silence on stderr, and return the last line of its output."""
    run = run_python(*command, cwd=FOLDER)
    assert run.status == 0, run.err
    assert run.err == ""
    return run.out.splitlines()[-1]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    if name.startswith("deap_"):
        pytest.importorskip("deap")
    if name == "resume":
        pytest.importorskip("joblib")
    example = EXAMPLES[name]
    line = last_line("-m", "scoop", "-n", "2", str(FOLDER / f"{name}.py"), *example.arguments)
    assert re.fullmatch(example.last_line, line)


def test_optional_scoop_when_started_plainly() -> None:
    line = last_line(str(FOLDER / "optional_scoop.py"))
    assert line == "The largest digit sum is 532, says the builtin map."


def test_optional_scoop_without_scoop() -> None:
    # None in sys.modules makes an import fail as if nothing were installed.
    hide = "import runpy, sys; sys.modules['scoop'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    line = last_line("-c", hide, str(FOLDER / "optional_scoop.py"))
    assert line == "The largest digit sum is 532, says the builtin map."


def test_no_example_goes_untested() -> None:
    guard = 'if __name__ == "__main__":'
    programs = {path.stem for path in FOLDER.glob("*.py") if guard in path.read_text("utf-8")}
    assert programs == set(EXAMPLES)


def test_the_readme_lists_all_examples() -> None:
    listed = re.findall(r"^\| \[`(\w+)\.py`\]", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(EXAMPLES)
