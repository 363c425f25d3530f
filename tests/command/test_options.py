"""The options of ``python -m scoop`` do what they say."""

import os
from pathlib import Path

import pytest

from running import HOME, Run, RunScoop, run_python, write
from scoop.machine.cores import usable_cores
from scripts import program


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("-n", "2", "--help")])
def test_help_ends_in_examples(tmp_path: Path, words: tuple[str, ...]) -> None:
    run = run_python("-m", "scoop", *words, cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    head, _, examples = run.out.partition("\nexamples:\n")
    for option in ("-n ", "--verbose", "--quiet", "--nice", "--path", "--debug", "--version", "-m ", "-c "):
        assert option in head
    assert all(line.startswith("  python -m scoop") for line in examples.splitlines())
    assert len(examples.splitlines()) >= 3


def test_version(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "--version", cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("scoop 1.")


SIZE = """
    if __name__ == "__main__":
        import psutil
        # The broker, its watchdog, and the workers, which are beside the program if there are several.
        workers = scoop.SIZE if scoop.SIZE > 1 else 0
        until(lambda: len(psutil.Process().children(recursive=True)) == workers + 2)
        print(scoop.SIZE, list(futures.map(abs, range(-50, 0))) == list(range(50, 0, -1)))
    """


@pytest.mark.parametrize("n", [1, 2, 8])
def test_n_is_the_number_of_workers(scoop_run: RunScoop, n: int) -> None:
    assert scoop_run(program(SIZE), n=n) == Run(0, f"{n} True\n", "")


def test_n_may_be_glued_to_its_number(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "-n3", "-c", "import scoop; print(scoop.SIZE)", cwd=tmp_path)
    assert run == Run(0, "3\n", "")


def test_without_n_there_are_as_many_workers_as_usable_processors(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "-c", "import scoop; print(scoop.SIZE)", cwd=tmp_path)
    assert run == Run(0, f"{usable_cores()}\n", "")


HELLO = """
    if __name__ == "__main__":
        print("hello", scoop.DEBUG, elsewhere(getattr, scoop, "DEBUG"))
    """


@pytest.mark.parametrize("options", [("-v",), ("--verbose",), ("-vv",), ("-v", "-v")])
def test_verbose_says_what_is_started_and_leaves_the_output_alone(
    scoop_run: RunScoop, options: tuple[str, ...]
) -> None:
    run = scoop_run(program(HELLO), options=options)
    assert (run.status, run.out) == (0, "hello False False\n")
    assert "2 workers" in run.err


def test_debug_is_seen_by_the_program_and_in_tasks(scoop_run: RunScoop) -> None:
    run = scoop_run(program(HELLO), options=("--debug",))
    assert (run.status, run.out) == (0, "hello True True\n")


def test_debug_shows_our_frames_too(scoop_run: RunScoop) -> None:
    run = scoop_run('if __name__ == "__main__":\n    1 / 0', options=("--debug",))
    assert run.status == 1
    assert HOME in run.err
    assert "ZeroDivisionError: division by zero\n" in run.err


WARNED = """
    class Rooted:
        def __reduce__(self):
            raise TypeError("it stays here")

    def stuck(tripwire, rooted):
        return "ran"

    if __name__ == "__main__":
        for _ in range(3):
            print(tried(stuck, Rooted()).result())
    """


def test_by_default_one_line_warns_of_tasks_that_cannot_travel(scoop_run: RunScoop) -> None:
    run = scoop_run(program(WARNED))
    assert (run.status, run.out) == (0, "ran\n" * 3)
    assert run.err.count("\n") == 1
    assert "stuck" in run.err
    assert "it stays here" in run.err


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_says_nothing_but_errors(scoop_run: RunScoop, option: str) -> None:
    assert scoop_run(program(WARNED), options=(option,)) == Run(0, "ran\n" * 3, "")


def test_quiet_does_not_hide_the_programs_own_error(scoop_run: RunScoop) -> None:
    run = scoop_run('if __name__ == "__main__":\n    1 / 0', options=("-q",))
    assert run.status == 1
    assert run.err.endswith("ZeroDivisionError: division by zero\n")


def test_nice_is_the_niceness_of_all(scoop_run: RunScoop) -> None:
    source = """
    def niceness():
        return os.getpriority(os.PRIO_PROCESS, 0)

    if __name__ == "__main__":
        print(niceness(), elsewhere(niceness))
    """
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + 3, 19)
    assert scoop_run(program(source), options=("--nice", "3")) == Run(0, f"{nice} {nice}\n", "")


@pytest.mark.parametrize("option", ["-p", "--path"])
def test_path_is_the_folder_to_run_in(tmp_path: Path, option: str) -> None:
    folder = tmp_path / "folder"
    write(folder / "beside.py", "def where(): import os; return os.getcwd()")
    source = """
    import beside

    if __name__ == "__main__":
        print([beside.where(), elsewhere(beside.where)])
    """
    write(folder / "script.py", program(source))
    expected = Run(0, f"{[str(folder)] * 2}\n", "")
    for words in (("script.py",), ("-m", "script")):
        assert run_python("-m", "scoop", "-n", "2", option, str(folder), *words, cwd=tmp_path) == expected


def test_path_is_where_code_finds_its_modules(tmp_path: Path) -> None:
    write(tmp_path / "folder" / "beside.py", "VALUE = 7")
    words = ("-m", "scoop", "-n", "2", "--path", "folder", "-c", "import beside; print(beside.VALUE)")
    assert run_python(*words, cwd=tmp_path) == Run(0, "7\n", "")


def test_options_after_the_script_are_the_scripts(scoop_run: RunScoop) -> None:
    arguments = ("-n", "3", "--help", "--version", "-m", "x", "-c", "y", "--", "-q", "--path=z", "", "-")
    source = 'if __name__ == "__main__":\n    import sys; print(sys.argv[1:])'
    assert scoop_run(source, args=arguments) == Run(0, f"{list(arguments)}\n", "")


def test_two_dashes_end_the_options(tmp_path: Path) -> None:
    write(tmp_path / "-script.py", "import sys; print(sys.argv)")
    run = run_python("-m", "scoop", "-n", "1", "--", "-script.py", "--", "-n", cwd=tmp_path)
    assert run == Run(0, "['-script.py', '--', '-n']\n", "")
