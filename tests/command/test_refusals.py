"""What cannot be run is refused in one clear line, as command-line tools do it."""

import errno
import os
from pathlib import Path

import pytest

from running import Run, run_python, write


def refused(run: Run, *, naming: str) -> None:
    """Check that a command line was refused as a command-line tool does it."""
    assert run.status == 2
    assert run.out == ""
    *usage, line = run.err.splitlines()
    assert len(usage) <= 1
    assert all(words.startswith("usage: python -m scoop") for words in usage)
    assert naming in line
    assert line.startswith(("scoop: ", "python -m scoop: error: "))


@pytest.mark.parametrize(
    ("words", "naming"),
    [
        (("--bogus", "script.py"), "--bogus"),
        (("-z", "script.py"), "-z"),
        (("--verb", "script.py"), "--verb"),
        (("-n",), "-n"),
        (("--nice",), "--nice"),
        (("--nice", "much", "script.py"), "much"),
        (("--path",), "--path"),
        (("--path", "nowhere", "script.py"), "nowhere"),
        (("--quiet=3", "script.py"), "--quiet"),
        (("-m",), "-m"),
        (("-c",), "-c"),
        (("--", "-n"), "-n"),
        (("--progress=tabl", "script.py"), "argument --progress: does not take the value 'tabl'"),
        (("--hosts", "script.py"), "--hosts: expected at least one host"),
        (("--log", "nowhere/file", "script.py"), "nowhere/file cannot be written: No such file or directory"),
        (("--min-hosts", "3", "script.py"), "--min-hosts 3: give a number from 0 to 1"),
        (("--min-hosts", "all", "script.py"), "'all' is not a number of hosts: 0 or more"),
        (("-m", "script.py"), "; -m wants a name without .py"),
        (("help",), "did you mean scoop --help?"),
    ],
)
def test_a_bad_option_is_named(tmp_path: Path, words: tuple[str, ...], naming: str) -> None:
    write(tmp_path / "script.py")
    refused(run_python("-m", "scoop", *words, cwd=tmp_path), naming=naming)


@pytest.mark.parametrize("count", ["0", "-1", "2.5", "two", "", "1e3", "0x2", "²"])
def test_a_bad_count_is_named(tmp_path: Path, count: str) -> None:
    write(tmp_path / "script.py")
    run = run_python("-m", "scoop", "-n", count, "script.py", cwd=tmp_path)
    refused(run, naming=f"{count!r} is not a number of workers")


def test_a_missing_script_is_one_clear_line(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "missing.py", "-n", "3", cwd=tmp_path)
    refused(run, naming="can't open file 'missing.py': No such file or directory")
    assert run.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [("hots", "scoop hosts"), ("exmaples", "scoop examples"), ("script", "script.py"), ("Script.py", "script.py")],
)
def test_the_command_or_script_that_was_meant_is_named(tmp_path: Path, name: str, meant: str) -> None:
    write(tmp_path / "script.py")
    run = run_python("-m", "scoop", name, "words", cwd=tmp_path)
    refused(run, naming=f"can't open file {name!r}: No such file or directory; did you mean {meant}?")


def test_a_profile_that_has_a_name_of_another_kind_is_one_clear_line(tmp_path: Path) -> None:
    write(tmp_path / "script.py")
    run = run_python("-m", "scoop", "--profile=a.txt", "script.py", cwd=tmp_path)
    refused(run, naming="'a.txt': No such file or directory; the name of a profile ends in .prof or .pstats")


def test_a_folder_without_a_main_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    run = run_python("-m", "scoop", "folder", cwd=tmp_path)
    refused(run, naming="'folder'")
    assert "__main__.py" in run.err
    assert run.err.count("\n") == 1


def test_an_unreadable_script_is_one_clear_line(tmp_path: Path) -> None:
    if os.geteuid() == 0:  # whom no permission stops: a circle of links does
        (tmp_path / "script.py").symlink_to("script.py")
        reason = os.strerror(errno.ELOOP)
    else:
        write(tmp_path / "script.py").chmod(0)
        reason = os.strerror(errno.EACCES)
    run = run_python("-m", "scoop", "script.py", cwd=tmp_path)
    refused(run, naming=f"'script.py': {reason}")
    assert run.err.count("\n") == 1


@pytest.mark.parametrize("module", ["missing", "package.missing", "package", "script.py"])
def test_a_missing_module_is_one_clear_line(tmp_path: Path, module: str) -> None:
    write(tmp_path / "package" / "__init__.py")
    run = run_python("-m", "scoop", "-m", module, "-n", "3", cwd=tmp_path)
    refused(run, naming=repr(module))
    assert run.err.count("\n") == 1


def test_a_package_without_a_main_is_named_as_one(tmp_path: Path) -> None:
    refused(
        run_python("-m", "scoop", "-m", "json", cwd=tmp_path), naming="'json' is a package, and has no __main__.py"
    )


def test_an_initializer_that_is_not_there_is_named_with_its_option(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "-n", "1", "--initializer", "nowhere:f", "-c", "print('ran')", cwd=tmp_path)
    assert (run.status, run.out) == (1, "")
    assert run.err.endswith("No module named 'nowhere'\nSCOOP has called nowhere:f, as --initializer says\n")


def test_no_program_and_no_terminal_is_refused(tmp_path: Path) -> None:
    refused(run_python("-m", "scoop", cwd=tmp_path), naming="no program")
    refused(run_python("-m", "scoop", "-n", "2", cwd=tmp_path, stdin=""), naming="no program")
