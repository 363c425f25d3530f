"""What is said of hosts that are not what their names promise, over ssh that only pretends to go elsewhere."""

import os

from .conftest import Far

BODY = """
def main():
    all_at_work(2)
"""


def test_two_names_of_one_machine_are_told_in_one_line(far: Far) -> None:
    run = far.run(BODY, "f1 f2")
    assert (run.status, run.out) == (0, "fine\n"), run.err
    (line,) = run.err.splitlines()
    assert line.startswith("scoop: f")
    assert " are the same machine (" in line
    assert f" workers for {len(os.sched_getaffinity(0))} processors; name it once" in line


def test_a_prolog_whose_last_command_fails_is_named(far: Far) -> None:
    prolog = far.folder / "prolog.sh"
    prolog.write_text("export A=1\n[ -n '' ]\n")
    run = far.run(BODY, "f1 f1 f2 f2", "--prolog", str(prolog))
    assert run.status == 1
    assert "f1: its prolog ended with a status other than 0, which is that of the prolog's last command" in run.err
    assert f"scoop: the prolog {prolog} ended with status 1" in run.err
