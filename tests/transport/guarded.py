"""Programs with something under their main guard."""

from running import Run, RunScoop
from scripts import PRELUDE, program

__all__ = ["run_fine", "run_guarded"]


def run_guarded(scoop_run: RunScoop, top: str, under_the_guard: str, n: int = 2) -> Run:
    """Run a program, given what stands at its top and what under its guard."""
    lines = "".join(f"    {line}\n" for line in program(under_the_guard).removeprefix(PRELUDE).splitlines())
    return scoop_run(program(top) + f'if __name__ == "__main__":\n{lines}\n    print("fine")\n', n=n)


def run_fine(scoop_run: RunScoop, top: str, under_the_guard: str, n: int = 2) -> None:
    """Run one; expect success, and not a word on stderr."""
    run = run_guarded(scoop_run, top, under_the_guard, n)
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err
