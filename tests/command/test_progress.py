"""Progress on a terminal: it is drawn below what the program and its tasks print, and tears none of it."""

from pathlib import Path

from command.screen import seen
from command.terminal import Terminal
from running import write

PROGRAM = """
    import os, sys, time
    from scoop import futures

    def work(x):
        time.sleep(0.02)
        if x % 10 == 0:
            print(f"task {x}\\nprints two lines")
        return x

    if __name__ == "__main__":
        for x in futures.map(work, range(60), progress="work"):
            if x % 20 == 0:
                print(f"program {x}")
        loop = futures.map(abs, range(10), progress="short")
        next(loop)
        print("half a line", end="", flush=True)
        time.sleep(0.5)  # progress is drawn below it
        print(" goes on")
        assert len([*loop]) == 9
        print("the end", file=sys.stderr)
"""


def test_progress_on_a_terminal_tears_no_line(tmp_path: Path) -> None:
    script = write(tmp_path / "script.py", PROGRAM)
    terminal = Terminal(str(script), cwd=tmp_path, env={"TERM": "xterm"})
    try:
        assert terminal.end() == 0
        drawn = terminal.screen
    finally:
        terminal.close()
    assert "━" in drawn
    lines = [line for line in seen(drawn) if line]
    tasks = [line for x in range(0, 60, 10) for line in (f"task {x}", "prints two lines")]
    program = [f"program {x}" for x in range(0, 60, 20)]
    work, short = (line for line in lines if " in " in line)
    assert work.startswith("work: 60 of 60 in ")
    assert short.startswith("short: 10 of 10 in ")
    assert sorted(lines) == sorted([*tasks, *program, work, "half a line goes on", short, "the end"])
    assert lines[-4:] == [work, "half a line goes on", short, "the end"]
