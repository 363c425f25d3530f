"""Programs and tasks may use multiprocessing, and may fork."""

import textwrap
from pathlib import Path

import pytest

from running import Run, RunScoop, run_python, write
from scripts import program

POOLS = """
    import multiprocessing

    def work(x):
        return x + 1

    def pool(method):
        with multiprocessing.get_context(method).Pool(2) as processes:
            return processes.map(work, range(3))
    """


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("words", [("script.py",), ("-m", "script")])
def test_multiprocessing_works_within_a_program(tmp_path: Path, method: str, words: tuple[str, ...]) -> None:
    main = f"""
    if __name__ == "__main__":
        print(pool("{method}"), list(futures.map(work, range(3))))
    """
    write(tmp_path / "script.py", program(POOLS) + textwrap.dedent(main))
    run = run_python("-m", "scoop", "-n", "2", *words, cwd=tmp_path)
    assert run == Run(0, "[1, 2, 3] [1, 2, 3]\n", "")


def test_multiprocessing_forks_within_a_task(scoop_run: RunScoop) -> None:
    main = """
    if __name__ == "__main__":
        print(elsewhere(pool, "fork"), list(futures.map(work, range(3))))
    """
    assert scoop_run(program(POOLS) + textwrap.dedent(main)) == Run(0, "[1, 2, 3] [1, 2, 3]\n", "")


def test_multiprocessing_spawns_within_a_task(scoop_run: RunScoop) -> None:
    main = """
    def spawn():  # a single process: a pool would start those that fail again and again
        process = multiprocessing.get_context("spawn").Process(target=work, args=(1,))
        process.start()
        process.join()
        return process.exitcode

    if __name__ == "__main__":
        print(elsewhere(spawn))
    """
    assert scoop_run(program(POOLS) + textwrap.dedent(main)) == Run(0, "0\n", "")


MANAGERS = """
    import multiprocessing

    def add(things, key):
        table, lock, queue, value, rows = things
        with lock:
            table["n"] = table.get("n", 0) + 1
            value.value += 1
        queue.put(key)
        rows[0].append(key)
        return os.getpid()

    def fill(count):
        with multiprocessing.Manager() as manager:
            rows = manager.list([manager.list()])
            things = manager.dict(), manager.Lock(), manager.Queue(), manager.Value("i", 0), rows
            left_alone(futures.submit(add, things, -1)).result()
            list(futures.map(add, [things] * count, range(count)))
            table, _, queue, value, rows = things
            return table["n"], queue.qsize(), value.value, len(rows[0])

    """


@pytest.mark.parametrize("where", ["fill", "elsewhere"])
def test_proxies_of_a_manager_work_in_every_task(scoop_run: RunScoop, where: str) -> None:
    call = "fill(9)" if where == "fill" else "elsewhere(fill, 9)"
    source = program(MANAGERS) + f"\nif __name__ == '__main__':\n    print({call})\n"
    assert scoop_run(source, n=3) == Run(0, "(10, 10, 10, 10)\n", "")


def test_multiprocessing_is_imported_only_by_programs_that_do(scoop_run: RunScoop) -> None:
    source = """
    def imported():
        return [name for name in sys.modules if name.startswith("multiprocessing")]

    if __name__ == "__main__":
        print(imported(), elsewhere(imported))
    """
    assert scoop_run(program(source)) == Run(0, "[] []\n", "")


# From 3.12 on python warns of a fork where there are threads, and SCOOP has one.
FORKS = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}


@pytest.mark.parametrize("end", ["sys.exit(3)", "os._exit(3)", "raise SystemExit(3)"])
def test_a_child_that_the_program_forks_ends_alone(scoop_run: RunScoop, end: str) -> None:
    source = f"""
    def work(x):
        return x + 1

    if __name__ == "__main__":
        child = os.fork()
        if not child:
            {end}
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), list(futures.map(work, range(3))), flush=True)
    """
    assert scoop_run(program(source), env=FORKS) == Run(0, "3 [1, 2, 3]\n", "")


def test_a_child_that_the_program_forks_may_run_off_the_end(scoop_run: RunScoop) -> None:
    source = """
    def work(x):
        return x + 1

    if __name__ == "__main__":
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), list(futures.map(work, range(3))))
    """
    assert scoop_run(program(source), env=FORKS) == Run(0, "0 [1, 2, 3]\n", "")
