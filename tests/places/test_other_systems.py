"""On systems that lack what Linux has, a run works all the same; where it cannot work, it says so."""

import sys
from pathlib import Path

import pytest

import scoop
from other_systems import lacking
from running import Run, run_python, write
from scoop.cli.running.free_threading import describe_gil
from scripts import MAIN, program

WORK = """
    import numpy

    def double(array):
        return array * 2

    def die_once(path):
        if not os.path.exists(path):
            open(path, "w").close()
            os._exit(3)
        return "lived"

    def main():
        arrays = [numpy.full(1 << 18, float(x)) for x in range(6)]
        assert [a.sum() for a in futures.map(double, arrays)] == [2 * a.sum() for a in arrays]
        shared.setConst(table=numpy.arange(1 << 18))
        assert elsewhere(lambda: int(shared.getConst("table", timeout=60)[7])) == 7
        assert far(abs, -3) == 3
        assert elsewhere(die_once, "died") == "lived"
        assert sum(futures.map(lambda x: futures.submit(abs, -x).result(), range(20))) == 190
    """

EXECUTOR = """
    import numpy
    from scoop import Executor

    def double(array):
        return array * 2

    if __name__ == "__main__":
        with Executor(2) as executor:
            arrays = [numpy.full(1 << 18, float(x)) for x in range(6)]
            assert [a.sum() for a in executor.map(double, arrays)] == [2 * a.sum() for a in arrays]
        print("fine")
    """


@pytest.mark.parametrize("loss", ["memfd", "proc", "all"])
def test_a_run_works_on_a_system_that_lacks_something(tmp_path: Path, loss: str) -> None:
    pytest.importorskip("numpy")
    script = write(tmp_path / "script.py")
    script.write_text(program(WORK) + MAIN)
    words = ["-m", "scoop", "-n", "2", "--worker-memory-limit", "9G", "--trace", "trace.json", "script.py"]
    run = run_python(*words, cwd=tmp_path, env=lacking(loss, tmp_path))
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "Traceback" not in run.err
    assert "die_once" in (tmp_path / "trace.json").read_text("utf-8")


def test_an_executor_works_on_a_system_that_lacks_it_all(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    write(tmp_path / "script.py", EXECUTOR)
    assert run_python("script.py", cwd=tmp_path, env=lacking("all", tmp_path)) == Run(0, "fine\n", "")


WINDOWS = "import sys; sys.platform = 'win32'; sys.modules.update(dict.fromkeys(('fcntl', 'resource', 'pwd', 'grp')))"
"""Makes a Python believe that it is on Windows, without the modules that are missing there."""


@pytest.mark.parametrize(
    "line", ["from scoop import futures", "from scoop import shared", "import scoop; scoop.Executor"]
)
def test_on_windows_an_import_names_wsl(tmp_path: Path, line: str) -> None:
    run = run_python("-c", f"{WINDOWS}\n{line}", cwd=tmp_path)
    assert run.status == 1
    assert run.err.splitlines()[-1].startswith("ImportError: SCOOP needs Linux or macOS")
    assert "WSL" in run.err


def test_on_windows_the_command_names_wsl(tmp_path: Path) -> None:
    start = "import runpy; runpy.run_module('scoop', run_name='__main__')"
    run = run_python("-c", f"{WINDOWS}\n{start}", cwd=tmp_path)
    assert (run.status, run.out) == (1, "")
    assert run.err.startswith("scoop: SCOOP needs Linux or macOS")
    assert "WSL" in run.err


def test_on_windows_the_package_itself_can_be_imported(tmp_path: Path) -> None:
    run = run_python("-c", f"{WINDOWS}\nimport scoop; print(scoop.__version__)", cwd=tmp_path)
    assert run == Run(0, f"{scoop.__version__}\n", "")


def test_a_lock_that_an_extension_has_switched_on_is_told_of() -> None:
    assert "has switched the lock on" in describe_gil(is_on=True, is_wanted=False)


def test_a_lock_that_its_user_wants_is_no_news() -> None:
    assert describe_gil(is_on=True, is_wanted=True) == ""


def test_a_python_without_the_lock_is_told_how_to_have_it() -> None:
    assert "PYTHON_GIL=1" in describe_gil(is_on=False, is_wanted=False)


@pytest.mark.skipif("t" in getattr(sys, "abiflags", ""), reason="this Python is free-threaded")
def test_other_pythons_hear_nothing_of_the_lock(tmp_path: Path) -> None:
    assert run_python("-m", "scoop", "-n", "1", "-c", "print(1)", cwd=tmp_path) == Run(0, "1\n", "")
