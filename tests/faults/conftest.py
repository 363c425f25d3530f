"""What tests of hostile programs share: a way to run them that does not wait for ever where SCOOP hangs."""

import textwrap

import pytest

from faults.hostile import GUARD, Attack
from running import Run, RunScoop
from scripts import MAIN, program


@pytest.fixture
def attack(scoop_run: RunScoop) -> Attack:
    """Return a function that runs a program which defines main(), and which gives up if it is kept waiting."""

    def run(
        n: int, body: str, *options: str, env: dict[str, str] | None = None, main: bool = True, plain: bool = False
    ) -> Run:
        source = program(GUARD + textwrap.dedent(body)) + (MAIN if main else "")
        return scoop_run(source, n=n, options=options, env={"PATIENCE": "90", **(env or {})}, plain=plain)

    return run
