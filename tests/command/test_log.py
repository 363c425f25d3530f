"""`-v`, `--log` and `--log-json`: the story of a run, printed or in a file."""

import json
import re
from pathlib import Path

import pytest

from running import RunScoop, run_python

PROGRAM = """
import scoop
from scoop import futures

def work(x):
    scoop.logger.info("working on %d", x)

if __name__ == "__main__":
    list(futures.map(work, range(2)))
"""

STORY = (
    "script.py begins, with 2 workers on this machine",
    "worker 1 has started",
    "the program has ended",
    "the run ends",
)


def test_verbose_tells_the_story_of_a_run_with_times(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM, options=("-v",))
    assert run.status == 0
    lines = [line for line in run.err.splitlines() if line.startswith("scoop: ")]
    assert all(re.match(r"scoop: \d\d:\d\d:\d\d\.\d\d\d \S", line) for line in lines)
    assert [words for words in STORY if words not in run.err] == []


@pytest.mark.parametrize("options", [(), pytest.param(("-q",), marks=pytest.mark.thorough)])
def test_files_get_the_story_and_standard_error_does_not(
    scoop_run: RunScoop, tmp_path: Path, options: tuple[str, ...]
) -> None:
    run = scoop_run(PROGRAM, options=(*options, "--log", "run.log", "--log-json", "run.json"))
    assert run.status == 0
    assert "scoop:" not in run.err
    records = [json.loads(line) for line in (tmp_path / "run.json").read_text().splitlines()]
    lines = (tmp_path / "run.log").read_text().splitlines()
    assert len(lines) == len(records)
    for words in (*STORY, "working on 0", "working on 1"):
        assert sum(words in line for line in lines) == sum(words in each["message"] for each in records) == 1, words
    assert all(each["worker"] for each in records if each["logger"] == "scoop")


def test_a_file_gets_the_story_also_if_the_program_sets_up_logging(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = PROGRAM.replace("    list(", "    import logging; logging.basicConfig(level=logging.INFO)\n    list(")
    run = scoop_run(source, options=("--log", "run.log"))
    assert run.status == 0
    assert sorted(run.err.splitlines()) == ["INFO:scoop:working on 0", "INFO:scoop:working on 1"]  # of two workers
    assert [words for words in STORY if words not in (tmp_path / "run.log").read_text()] == []


def test_a_program_that_fails_is_told_of(scoop_run: RunScoop) -> None:
    run = scoop_run("if __name__ == '__main__': 1 / 0", options=("-v",))
    assert run.status == 1
    assert "the program has failed with ZeroDivisionError, after" in run.err


def test_a_file_that_cannot_be_written_is_refused_at_once(scoop_run: RunScoop) -> None:
    run = scoop_run("print('ran')", options=("--log", "missing/run.log"))
    assert (run.status, run.out) == (2, "")
    assert "No such file or directory" in run.err


def test_a_log_on_a_full_disk_is_reported_once_and_the_run_goes_on(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "-n", "2", "--log", "/dev/full", "-c", "print('ran')", cwd=tmp_path)
    assert (run.status, run.out) == (0, "ran\n")
    assert run.err == "scoop: the log /dev/full lacks lines from here on: No space left on device (SC-58)\n"
