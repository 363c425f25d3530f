"""Random trees of tasks while workers are killed at random; ``make chaos`` does the same for longer."""

import pytest

from faults.chaos import run_round


@pytest.mark.parametrize("seed", range(1, 6))
def test_results_are_right_whoever_is_killed_when(seed: int) -> None:
    outcome = run_round(seed)
    assert outcome.problem is None, f"seed {seed}, {outcome.killed} workers killed: {outcome.problem}"
