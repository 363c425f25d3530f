"""The debugger works in a program as under plain python."""

import pytest

from running import RunScoop

DEBUGGED = """\
from scoop import futures

def work(x):
    return x + 1

def main():
    secret = 41
    breakpoint()
    print("worked:", list(futures.map(work, [secret] * 3)))

if __name__ == "__main__":
    main()
"""


def test_breakpoint_stops_in_the_users_frame(scoop_run: RunScoop) -> None:
    run = scoop_run(DEBUGGED, stdin="p secret\nsecret = 1\nup\np __name__\ncontinue\n")
    assert (run.status, run.err) == (0, "")
    at, secret, _, up, name, worked = run.out.split("(Pdb) ")
    assert "script.py" in at
    assert "main()" in at
    assert secret == "41\n"
    assert "<module>()" in up
    assert name == "'__main__'\n"
    assert worked == "worked: [2, 2, 2]\n"


def test_the_debugger_steps_through_the_users_code(scoop_run: RunScoop) -> None:
    source = 'if __name__ == "__main__":\n    breakpoint()\n    x = 1\n    y = x + 1\n    print("y is", y)\n'
    commands = "next\nnext\np x\nb 5\ncontinue\np y\nq\n"
    assert scoop_run(source, stdin=commands) == scoop_run(source, stdin=commands, plain=True)


def test_to_quit_the_debugger_ends_the_program_as_under_plain_python(scoop_run: RunScoop) -> None:
    assert scoop_run(DEBUGGED, stdin="q\n") == scoop_run(DEBUGGED, stdin="q\n", plain=True)


GUARDED = """\
import scoop
x = 1
if scoop.IS_ORIGIN: breakpoint()
y = 2
if __name__ == "__main__":
    z = 3
    for _ in range(1):
        print("z")
w = 4
if __name__ == "__main__":
    print("w")
"""


@pytest.mark.parametrize("step", ["n", "s"])
def test_the_debugger_goes_over_a_guard_as_under_plain_python(scoop_run: RunScoop, step: str) -> None:
    commands = f"{step}\n" * 8 + "p z\nc\n"
    ours, plain = scoop_run(GUARDED, stdin=commands), scoop_run(GUARDED, stdin=commands, plain=True)
    assert ours == plain
    assert "3\n" in ours.out
