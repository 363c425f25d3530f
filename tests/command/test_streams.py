"""Standard input, output and error: the program's as under plain python, and usable in tasks."""

import subprocess
import sys
from pathlib import Path

import pytest

from running import LIMIT, Run, RunScoop, unchecked, write
from scripts import program


def test_standard_input_is_the_programs_and_workers_read_its_end(scoop_run: RunScoop) -> None:
    source = """
    def read():
        return sys.stdin.read(), os.read(0, 10)

    if __name__ == "__main__":
        print(elsewhere(read), [input(), input()], sys.stdin.read(), repr(sys.stdin.read()))
    """
    run = scoop_run(program(source), stdin="one\ntwo\nthree\nfour")
    assert run == Run(0, "('', b'') ['one', 'two'] three\nfour ''\n", "")


def test_a_program_may_read_much_while_workers_work(scoop_run: RunScoop) -> None:
    source = """
    def work(line):
        return int(line)

    if __name__ == "__main__":
        print(sum(futures.map(work, sys.stdin.read().split())))
    """
    lines = "".join(f"{number}\n" for number in range(20_000))
    assert scoop_run(program(source), stdin=lines) == Run(0, f"{sum(range(20_000))}\n", "")


@pytest.mark.parametrize("redirections", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(tmp_path: Path, redirections: str) -> None:
    source = """
    def work(x):
        return x + 1

    if __name__ == "__main__":
        with open("result", "w") as file:
            print(elsewhere(work, 1), list(futures.map(work, range(3))), file=file)
    """
    write(tmp_path / "script.py", program(source))
    words = ["sh", "-c", f'exec "$@" {redirections}', "sh", *unchecked("script.py")]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, timeout=LIMIT)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert (tmp_path / "result").read_text() == "2 [1, 2, 3]\n"


def test_what_tasks_print_is_out_before_their_results_are_used(scoop_run: RunScoop) -> None:
    source = """
    def work(x):
        print("task", x)
        print("warning", x, file=sys.stderr)
        return x

    if __name__ == "__main__":
        for x in range(5):
            print("result", elsewhere(work, x), flush=True)
            print("result", x, file=sys.stderr)
    """
    run = scoop_run(program(source))
    assert run.out == "".join(f"task {x}\nresult {x}\n" for x in range(5))
    assert run.err == "".join(f"warning {x}\nresult {x}\n" for x in range(5))


def test_nothing_that_is_printed_is_lost_or_doubled(scoop_run: RunScoop) -> None:
    source = """
    def work(x):
        print("task", x)

    if __name__ == "__main__":
        print("before")
        list(futures.map(work, range(200)))
        print("after")
    """
    run = scoop_run(program(source))
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert sorted(lines) == sorted(["before", "after", *(f"task {x}" for x in range(200))])


def test_a_reader_that_leaves_early_is_met_as_under_plain_python(tmp_path: Path) -> None:
    script = write(tmp_path / "script.py", 'if __name__ == "__main__":\n    for n in range(100_000): print(n)\n')
    ends = []
    for words in ([sys.executable, str(script)], unchecked(str(script))):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        _, err = process.communicate(timeout=LIMIT)
        ends.append((process.returncode, err))
    assert ends[0] == ends[1]


def test_lines_are_written_whole_also_where_nothing_is_buffered(scoop_run: RunScoop) -> None:
    source = """
    def is_written_in_pieces():
        return sys.stdout.write_through

    if __name__ == "__main__":
        print(far(is_written_in_pieces))
    """
    run = scoop_run(program(source), env={"PYTHONUNBUFFERED": "1"})
    assert (run.status, run.out, run.err) == (0, "False\n", "")
