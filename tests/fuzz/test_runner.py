"""The runner of random programs notices what may go wrong: a test that could not fail would show nothing."""

import sys
from pathlib import Path
from typing import Any

import pytest

from fuzz import runner
from fuzz.grammar import Mix, Program

CALM = Mix(n=2, retries=2, kills=0, alarms=False, interrupts=False)


def program(*steps: dict[str, Any], mix: Mix = CALM) -> Program:
    """Return a program of these steps."""
    return Program(0, mix, list(steps))


def leaf(**row: Any) -> dict[str, Any]:
    """Return a step that is one call."""
    return {"do": "leaf", "row": {"mul": 3, **row}, "x": 2}


def test_a_program_that_does_as_its_model_is_right() -> None:
    assert runner.run(program(leaf(), leaf(raises_at=2))).problem is None


def test_another_value_than_that_of_the_model_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "expected", lambda _: [5])
    problem = runner.run(program(leaf())).problem
    assert problem is not None
    assert "came to  6" in problem


def test_a_program_that_hangs_is_noticed_and_shows_where() -> None:
    problem = runner.run(program(leaf(nap=100)), limit=3).problem
    assert problem is not None
    assert problem.startswith("hung")
    assert "in pass_time" in problem


def test_a_program_that_ends_early_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "expected", lambda _: [1, 6])
    problem = runner.run(program({"do": "nothing of that name"}, leaf())).problem
    assert problem is not None
    assert "status 1" in problem
    assert "it did not come to that" in problem


def test_words_on_stderr_are_noticed() -> None:
    problem = runner._wrong(program(leaf()), 0, "6\n", "oh\n")
    assert problem == "on stderr:\noh\n"


def test_a_process_that_is_left_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runner, "AFTERWARDS", 1)
    script = tmp_path / "leave.py"
    script.write_text("import subprocess\nsubprocess.Popen(['sleep', '100'], start_new_session=True)\n")
    monkeypatch.setattr(runner, "command", lambda *_: [sys.executable, str(script)])
    problem = runner.run(program()).problem
    assert problem is not None
    assert problem.startswith("left")
    assert "sleep 100" in problem


def test_a_lost_task_is_right_only_where_it_may_be_lost() -> None:
    killed = {"mix": Mix(n=2, retries=0, kills=1, alarms=False, interrupts=False)}
    assert runner._wrong(program(leaf(), **killed), 0, '"lost"\n', "") is None
    assert runner._wrong(program(leaf()), 0, '"lost"\n', "") is not None
