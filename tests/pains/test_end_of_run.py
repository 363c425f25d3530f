"""A run ends at once, silently, and with the script's status."""

from pathlib import Path

import pytest

from running import Run, RunScoop, run_python
from scripts import program


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ('raise ValueError("v")', 1),
        ("sys.exit(1)", 1),
        ("os._exit(5)", 5),
        ("os.kill(os.getpid(), 2)", -2),
        ("os.kill(os.getpid(), 15)", -15),
        ("os.kill(os.getpid(), 9)", -9),
    ],
)
@pytest.mark.parametrize("busy", ["time.sleep(300)", "while True: pass"])
def test_a_program_that_fails_ends_at_once_also_while_workers_are_busy(
    scoop_run: RunScoop, end: str, status: int, busy: str
) -> None:
    source = f"""
    def work():
        open("begun", "w").close()
        {busy}

    if __name__ == "__main__":
        future = futures.submit(work)
        is_open("begun")
        {end}
        time.sleep(300)
    """
    assert scoop_run(program(source)).status == status  # whose patience is shorter than these 300 s


def test_a_run_is_silent_also_where_python_shows_every_warning(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def work(x):
        return x + 1

    def tree(x):
        return futures.mapReduce(work, max, range(x))

    if __name__ == "__main__":
        shared.setConst(table=1)
        try:
            futures.submit(time.sleep, 0.2).result(timeout=0.01)  # which needs a thread of ours
        except TimeoutError:
            pass
        print(sum(futures.map(tree, range(1, 20))), send(work, 1).result())
    """
    expected = Run(0, f"{sum(range(1, 20))} 2\n", "")
    assert scoop_run(program(source)) == expected
    for words in (("-X", "dev"), ("-W", "always"), ("-X", "dev", "-W", "error"), ("-I",)):
        assert run_python(*words, "-m", "scoop", "-n", "2", str(tmp_path / "script.py"), cwd=tmp_path) == expected


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit(3)", 3),
        ('sys.exit("words")', 1),
        ("1 / 0", 1),
        ("send(divmod, 1, 0).result()", 1),
    ],
)
def test_the_exit_status_is_the_scripts(scoop_run: RunScoop, end: str, status: int) -> None:
    source = f"""
    if __name__ == "__main__":
        list(futures.map(abs, range(100)))
        {end}
    """
    assert scoop_run(program(source)).status == status
