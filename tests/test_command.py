"""``python -m scoop``: a program runs as under plain python, and its options do what they say.

Wherever it can be, the expectation is a run of the same program under plain python.
"""

import errno
import json
import os
import select
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import conftest
import scoop
from conftest import Run, RunScoop, run_python
from scoop.launch.cores import usable_cores

HOME = os.path.dirname(scoop.__file__) + os.sep
"""Where SCOOP's own code is: no line of it belongs in what a program's user reads."""

PRELUDE = """\
import os, sys, threading, time
import scoop
from scoop import futures, shared

def elsewhere(function, *args):
    \"\"\"Run the call on another worker: this one waits in a way that lets it run no tasks.\"\"\"
    future, ended = futures.submit(function, *args), threading.Event()
    future.add_done_callback(lambda _: ended.set())
    ended.wait()
    return future.result()

"""


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a run hung after less than the usual patience, which is still a hundred times what it takes."""
    monkeypatch.setattr(conftest, "LIMIT", 20)


def program(source: str) -> str:
    """Return a program that can use ``elsewhere``."""
    return PRELUDE + textwrap.dedent(source)


def write(path: Path, source: str = "") -> Path:
    """Write a file and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source), "utf-8")
    return path


def run_both(*words: str, cwd: Path, stdin: str | None = None) -> tuple[Run, Run]:
    """Run the words of a command line with SCOOP and with plain python."""
    ours = run_python("-m", "scoop", "-n", "2", *words, cwd=cwd, stdin=stdin)
    return ours, run_python(*words, cwd=cwd, stdin=stdin)


def unchecked(*words: str) -> list[str]:
    """Return the command line of this python with SCOOP and two workers."""
    return [sys.executable, "-m", "scoop", "-n", "2", *words]


# -- options -----------------------------------------------------------------------------------------------------


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
        deadline = time.monotonic() + 10
        while len(me := psutil.Process().children(recursive=True)) != scoop.SIZE and time.monotonic() < deadline:
            time.sleep(0.01)  # the broker and all workers but the origin
        print(scoop.SIZE, len(me), list(futures.map(abs, range(-50, 0))) == list(range(50, 0, -1)))
    """


@pytest.mark.parametrize("n", [1, 2, 8])
def test_n_is_the_number_of_workers(scoop_run: RunScoop, n: int) -> None:
    assert scoop_run(program(SIZE), n=n) == Run(0, f"{n} {n} True\n", "")


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
    asked = threading.Event()

    class Rooted:
        def __reduce__(self):
            asked.set()
            raise TypeError("it stays here")

    def stuck(rooted):
        return "ran"

    if __name__ == "__main__":
        for _ in range(3):
            future = futures.submit(stuck, Rooted())
            asked.wait()  # until it was to be sent to the other worker, who has nothing to do
            asked.clear()
            print(future.result())
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


# -- what cannot be run ------------------------------------------------------------------------------------------


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


def test_no_program_and_no_terminal_is_refused(tmp_path: Path) -> None:
    refused(run_python("-m", "scoop", cwd=tmp_path), naming="no program")
    refused(run_python("-m", "scoop", "-n", "2", cwd=tmp_path, stdin=""), naming="no program")


# -- the program as __main__ -------------------------------------------------------------------------------------

NAMES = """
if __name__ == "__main__":
    import json, sys
    print(json.dumps({
        "name": __name__, "file": globals().get("__file__"), "package": __package__, "doc": __doc__,
        "spec": getattr(__spec__, "name", None), "argv": sys.argv, "path": sys.path[0],
        "main": sys.modules["__main__"].__dict__ is globals(),
    }))
"""


def names(run: Run) -> dict[str, Any]:
    """Return what NAMES has printed."""
    assert (run.status, run.err) == (0, "")
    found: dict[str, Any] = json.loads(run.out)
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("{}/script.py",),
        ("script.py", "-n", "3", "a b", ""),
        ("./script.py",),
        ("folder/../script.py",),
        ("folder/script.py",),
        ("link.py",),
        ("folder", "x"),
        ("{}/folder",),
        ("-m", "script", "-m", "x"),
        ("-m", "package", "-c", "x"),
        ("-m", "package.module"),
        ("-m", "package.inner.module", "--help"),
        ("-m", "package.inner"),
        ("-c", NAMES),
        ("-c", NAMES, "-c", "-n", "3"),
    ],
    ids=lambda words: " ".join(words).replace(NAMES, "NAMES"),
)
def test_names_are_those_under_plain_python(tmp_path: Path, words: tuple[str, ...]) -> None:
    for place in (
        "script.py",
        "folder/script.py",
        "folder/__main__.py",
        "package/__main__.py",
        "package/module.py",
        "package/inner/__main__.py",
        "package/inner/module.py",
    ):
        write(tmp_path / place, f'"""Where it is: {place}."""\n{NAMES}')
    write(tmp_path / "package/__init__.py")
    write(tmp_path / "package/inner/__init__.py")
    (tmp_path / "link.py").symlink_to("folder/script.py")
    ours, plain = run_both(*(word.replace("{}", str(tmp_path)) for word in words), cwd=tmp_path)
    assert names(ours) == names(plain)


@pytest.mark.parametrize("words", [("-",), ("-", "a", "-n"), ()])
def test_names_of_a_program_from_standard_input_are_those_under_plain_python(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    ours, plain = run_both(*words, cwd=tmp_path, stdin=NAMES)
    assert names(ours) == names(plain)


@pytest.mark.parametrize("words", [("script.py",), ("-m", "script"), ("-c", "print(__builtins__)")])
def test_builtins_are_the_module_as_in_any_main(tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path / "script.py", 'if __name__ == "__main__":\n    print(__builtins__)')
    ours, plain = run_both(*words, cwd=tmp_path)
    assert ours == plain


def test_the_script_runs_in_the_started_process(tmp_path: Path) -> None:
    write(tmp_path / "script.py", 'if __name__ == "__main__":\n    import os; print(os.getpid())')
    process = subprocess.Popen(unchecked("script.py"), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate(timeout=conftest.LIMIT)
    assert out == f"{process.pid}\n"


def test_workers_import_the_script_under_another_name(scoop_run: RunScoop) -> None:
    source = """
    def name():
        return __name__

    if __name__ == "__main__":
        print(name(), elsewhere(name) != "__main__")
    """
    assert scoop_run(program(source)) == Run(0, "__main__ True\n", "")


def test_a_package_with_relative_imports_runs_and_its_functions_travel(tmp_path: Path) -> None:
    write(tmp_path / "package/__init__.py", "SCALE = 5")
    write(tmp_path / "package/other.py", "from . import SCALE\ndef scale(x): return x * SCALE")
    source = """
    from . import other
    from .other import scale

    class Box:
        def __init__(self, x):
            self.x = x

    def work(box):
        return scale(box.x) + other.SCALE, isinstance(box, Box)

    if __name__ == "__main__":
        print(elsewhere(work, Box(2)), elsewhere(lambda x: work(Box(x)), 3), elsewhere(scale, 4))
    """
    for module in ("package", "package.module", "package.inner.module"):
        dots = "from .." if "inner" in module else "from ."
        path = tmp_path / (module.replace(".", "/") + ("/__main__.py" if module == "package" else ".py"))
        write(path, program(source).replace("from . ", f"{dots} ").replace("from .other", f"{dots}other"))
        run = run_python("-m", "scoop", "-n", "2", "-m", module, cwd=tmp_path)
        assert run == Run(0, "(15, True) (20, True) 20\n", "")


def test_code_defines_functions_and_classes_that_travel(tmp_path: Path) -> None:
    source = """
    class Box:
        def __init__(self, x): self.x = x
    def work(box): return box.x + 1, isinstance(box, Box)
    print(elsewhere(work, Box(2)))
    """
    run = run_python("-m", "scoop", "-n", "2", "-c", program(source), cwd=tmp_path)
    assert run == Run(0, "(3, True)\n", "")


def test_a_program_comes_from_standard_input(tmp_path: Path) -> None:
    source = program("def work(x): return x + 1\nprint(sys.argv[1:], elsewhere(work, 2))")
    assert run_python("-m", "scoop", "-n", "2", "-", "a", cwd=tmp_path, stdin=source) == Run(0, "['a'] 3\n", "")
    assert run_python("-m", "scoop", "-n", "2", cwd=tmp_path, stdin=source) == Run(0, "[] 3\n", "")


@pytest.mark.parametrize(
    "head",
    [
        b"\xef\xbb\xbf",
        b"# -*- coding: latin-1 -*-\n",
        b"#!/usr/bin/env python3\r\n\r\n",
        b"from __future__ import annotations\n",
    ],
    ids=["byte order mark", "coding", "line ends of others", "future import"],
)
def test_a_script_is_read_as_python_reads_it(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "script.py").write_bytes(head + b"x: int = 1\nprint(ascii('\xc3\xa9'), __annotations__)\n")
    ours = run_python("-m", "scoop", "-n", "1", "script.py", cwd=tmp_path)
    assert ours == run_python("script.py", cwd=tmp_path)
    assert ours.status == 0


def test_a_script_in_another_folder_finds_what_is_beside_it_here_and_on_workers(tmp_path: Path) -> None:
    write(tmp_path / "folder/beside.py", "def work(x): return x + 100")
    source = """
    import beside

    def both(x):
        import beside as again
        return again.work(x), beside.work(x)

    if __name__ == "__main__":
        print(both(1), elsewhere(both, 2), elsewhere(beside.work, 3))
    """
    write(tmp_path / "folder/script.py", program(source))
    (tmp_path / "link.py").symlink_to("folder/script.py")
    for script in ("folder/script.py", str(tmp_path / "folder/script.py"), "link.py"):
        run = run_python("-m", "scoop", "-n", "2", script, cwd=tmp_path)
        assert run == Run(0, "(101, 101) (102, 102) 103\n", "")


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a_path_may_have_spaces_and_any_letters(tmp_path: Path, locale: str) -> None:
    source = """
    def work(x):
        return x + 1

    if __name__ == "__main__":
        print(elsewhere(work, 1), ascii(sys.argv[1:]))
    """
    write(tmp_path / "a b/ü 漢/söme scrïpt.py", program(source))
    words = ("-m", "scoop", "-n", "2", "a b/ü 漢/söme scrïpt.py", "ä b")
    run = run_python(*words, cwd=tmp_path, env={"LC_ALL": locale})
    assert run == Run(0, "2 ['\\xe4 b']\n", "")


def test_a_script_may_change_folder_and_path_when_imported(tmp_path: Path) -> None:
    write(tmp_path / "extra/extra_module.py", "VALUE = 3")
    source = f"""
    os.chdir("/")
    sys.path.insert(0, {str(tmp_path / "extra")!r})
    import extra_module

    def work(x):
        return extra_module.VALUE + x, os.getcwd()

    if __name__ == "__main__":
        print(work(1), elsewhere(work, 2))
    """
    write(tmp_path / "folder/script.py", program(source))
    run = run_python("-m", "scoop", "-n", "2", "folder/script.py", cwd=tmp_path)
    assert run == Run(0, "(4, '/') (5, '/')\n", "")


def test_a_script_finds_its_data_also_after_it_has_changed_folder(tmp_path: Path) -> None:
    write(tmp_path / "folder/data.txt", "data")
    source = """
    def read():
        with open(os.path.join(os.path.dirname(__file__), "data.txt")) as file:
            return file.read()

    if __name__ == "__main__":
        os.chdir("/")
        print(read(), elsewhere(read))
    """
    write(tmp_path / "folder/script.py", program(source))
    run = run_python("-m", "scoop", "-n", "2", "folder/script.py", cwd=tmp_path)
    assert run == Run(0, "data data\n", "")


# -- programs that take __main__ apart ---------------------------------------------------------------------------


def test_main_is_what_import_main_finds_here_and_on_workers(scoop_run: RunScoop) -> None:
    source = """
    import __main__, pickle

    class Box:
        def __init__(self, x):
            self.x = x

    def look(x):
        import __main__ as again
        return (
            again is __main__,
            again.look is look,
            pickle.loads(pickle.dumps(look)) is look,
            type(pickle.loads(pickle.dumps(Box(1)))) is Box,
        )

    def make():
        return Box(3), look

    if __name__ == "__main__":
        print(look(1), elsewhere(look, 1))
        box, function = elsewhere(make)
        print(type(box) is Box, function is look, pickle.dumps(look) == pickle.dumps(function))
    """
    expected = "(True, True, True, True) (True, True, True, True)\nTrue True True\n"
    assert scoop_run(program(source)) == Run(0, expected, "")


def test_source_can_be_inspected_here_and_on_workers(scoop_run: RunScoop) -> None:
    source = """
    import inspect

    def work():
        return 1

    def its_source():
        return inspect.getsource(work)

    if __name__ == "__main__":
        print(its_source() == elsewhere(its_source) == "def work():\\n    return 1\\n")
    """
    assert scoop_run(program(source)) == Run(0, "True\n", "")


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


# From 3.12 on python warns of a fork where there are threads, and SCOOP has one.
FORKS = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}


@pytest.mark.usefixtures("_soon")
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


@pytest.mark.usefixtures("_soon")
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


# -- how a program ends ------------------------------------------------------------------------------------------

ENDS = {
    "end": "pass",
    "exit 3": "sys.exit(3)",
    "exit 0": "sys.exit(0)",
    "exit None": "sys.exit()",
    "exit True": "sys.exit(True)",
    "exit 300": "sys.exit(300)",
    "exit text": 'sys.exit("some words")',
    "exit object": 'sys.exit(["a", "list"])',
    "raise SystemExit": "raise SystemExit",
    "raise SystemExit(None)": "raise SystemExit(None)",
    "raise SystemExit(4)": "raise SystemExit(4)",
    "os._exit": "os._exit(5)",
    "exception": 'raise ValueError("v")',
    "no str": "raise type('NoStr', (Exception,), {'__str__': lambda self: 1 / 0})",
    "base exception": 'raise BaseException("b")',
    "generator exit": "raise GeneratorExit",
    "keyboard interrupt": 'raise KeyboardInterrupt("mine")',
    "SIGINT": "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)",
    "abort": "sys.stdout.flush(); os.abort()",
    "import": "import no_such_module_anywhere",
    "deep": "deep(5)",
    "chain": "chain()",
    "context": "context()",
    "group": 'raise ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2)])])',
    "note": "note()",
    "eval": 'eval("1 +")',
    "syntax of another": "compile('def f(:', 'another.py', 'exec')",
    "excepthook": "sys.excepthook = lambda kind, _, tb: print(kind, tb.tb_lineno, tb.tb_next); 1 / 0",
    "bad excepthook": "sys.excepthook = lambda *_: {}[0]; 1 / 0",
    "broken exit handler": 'atexit.register(exec, "1 / 0")',
}


@pytest.mark.parametrize("end", ENDS)
def test_status_output_and_traceback_are_those_under_plain_python(scoop_run: RunScoop, end: str) -> None:
    source = f"""
    import atexit, os, signal, sys, time

    def deep(levels):
        return deep(levels - 1) if levels else 1 / 0

    def chain():
        try:
            deep(1)
        except ZeroDivisionError as error:
            raise LookupError("from") from error

    def context():
        try:
            chain()
        except LookupError:
            raise KeyError("while")

    def note():
        error = ValueError("v")
        error.add_note("a note")
        raise error

    if __name__ == "__main__":
        atexit.register(print, "at exit")
        print("before")
        {ENDS[end]}
    """
    assert scoop_run(source) == scoop_run(source, plain=True)


@pytest.mark.parametrize(
    "source",
    ["def f(:\n    pass\n", "x = 1\n  y = 2\n", 'print("a" "b\n', "return 3\n", "a = é\x01\n"],
    ids=["invalid", "indent", "unterminated", "return", "character"],
)
@pytest.mark.parametrize("words", [("script.py",), ("-m", "script"), ("-c", "{}")], ids=lambda words: words[0])
def test_a_syntax_error_reads_as_under_plain_python(tmp_path: Path, words: tuple[str, ...], source: str) -> None:
    script = write(tmp_path / "script.py")
    script.write_text(source)
    words = (str(script),) if words == ("script.py",) else words
    ours, plain = run_both(*(word.replace("{}", source) for word in words), cwd=tmp_path)
    assert (ours.status, ours.out, HOME in ours.err) == (1, "", False)
    for run in ours, plain:  # under -m, frames of the interpreter's own lead to it
        assert run.err.count("Error: ") == 1
    assert ours.err[ours.err.rindex("  File ") :] == plain.err[plain.err.rindex("  File ") :]
    if words[0] != "-m":
        assert ours.err == plain.err


@pytest.mark.parametrize("words", [("script.py",), ("-m", "script"), ("-m", "package"), ("-",)])
def test_an_error_in_a_program_shows_no_frames_of_ours(tmp_path: Path, words: tuple[str, ...]) -> None:
    source = 'if __name__ == "__main__":\n    def fail(): 1 / 0\n    fail()\n'
    write(tmp_path / "script.py", source)
    write(tmp_path / "package/__main__.py", source)
    ours, plain = run_both(*words, cwd=tmp_path, stdin=source)
    frames = [line for line in plain.err.splitlines(keepends=True) if "<frozen runpy>" not in line]
    assert ours.status == plain.status == 1
    assert ours.err == "".join(frames)


def test_an_error_in_a_package_that_is_imported_first_shows_no_frames_of_ours(tmp_path: Path) -> None:
    write(tmp_path / "package/__init__.py", "1 / 0")
    write(tmp_path / "package/module.py")
    ours, plain = run_both("-m", "package.module", cwd=tmp_path)
    assert ours.status == plain.status == 1
    assert HOME not in ours.err
    assert ours.err.splitlines()[-4:] == plain.err.splitlines()[-4:]


@pytest.mark.parametrize("code", ["0", "3"])
@pytest.mark.parametrize("daemon", [False, True])
def test_threads_and_exit_handlers_of_the_program_are_waited_for(
    scoop_run: RunScoop, code: str, daemon: bool
) -> None:
    source = f"""
    import atexit, sys, threading, time

    def later():
        time.sleep({60 if daemon else 0.2})
        print("thread")

    if __name__ == "__main__":
        atexit.register(print, "first registered, last called")
        atexit.register(print, "last registered, first called")
        threading.Thread(target=later, daemon={daemon}).start()
        print("main ends", flush=True)
        sys.exit({code})
    """
    ours, plain = scoop_run(source), scoop_run(source, plain=True)
    assert ours == plain
    assert ours.status == int(code)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGINT)", "1 / 0"])
def test_threads_are_waited_for_also_when_the_program_fails(scoop_run: RunScoop, end: str) -> None:
    source = f"""
    import atexit, os, signal, sys, threading, time

    def later():
        time.sleep(0.2)
        print("thread", flush=True)

    if __name__ == "__main__":
        atexit.register(print, "at exit")
        threading.Thread(target=later).start()
        {end}
        time.sleep(60)
    """
    assert scoop_run(source) == scoop_run(source, plain=True)


def test_threads_and_exit_handlers_may_use_futures_after_main_has_ended(scoop_run: RunScoop) -> None:
    source = """
    import atexit

    def work(x):
        return x + 1

    def later():
        time.sleep(0.1)
        print("thread", list(futures.map(work, range(3))))

    if __name__ == "__main__":
        atexit.register(lambda: print("exit handler", list(futures.map(work, range(3)))))
        threading.Thread(target=later).start()
    """
    assert scoop_run(program(source)) == Run(0, "thread [1, 2, 3]\nexit handler [1, 2, 3]\n", "")


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("end", ["sys.exit(0)", "pass", "sys.exit(3)"])
def test_a_script_without_a_guard_that_uses_no_futures_ends(scoop_run: RunScoop, end: str) -> None:
    # Workers import it too; the words are theirs as much as the origin's, so how often they come is left open.
    run = scoop_run(f'import sys\nprint("words")\n{end}')
    assert run.status == (3 if "3" in end else 0)
    assert 1 <= run.out.count("words") <= 2


@pytest.mark.usefixtures("_soon")
def test_a_script_that_workers_cannot_import_ends_where_it_needs_no_workers(scoop_run: RunScoop) -> None:
    source = """
    import scoop

    if not scoop.IS_ORIGIN:
        raise ImportError("not here")
    print("words")
    """
    run = scoop_run(source)
    assert (run.status, run.out) == (0, "words\n")


@pytest.mark.usefixtures("_soon")
def test_a_script_that_workers_cannot_import_says_so_where_it_needs_them(scoop_run: RunScoop) -> None:
    source = """
    if not scoop.IS_ORIGIN:
        raise ImportError("not here")

    if __name__ == "__main__":
        print(elsewhere(abs, -1))
    """
    run = scoop_run(program(source))
    assert (run.status, run.out) == (1, "")
    assert "MainImportError" in run.err
    assert "ImportError: not here" in run.err


@pytest.mark.usefixtures("_soon")
def test_workers_that_die_while_importing_the_script_are_not_replaced_for_ever(
    scoop_run: RunScoop, tmp_path: Path
) -> None:
    source = """
    import os, scoop, time

    if not scoop.IS_ORIGIN:
        with open("starts", "a") as file:
            file.write("x")
        os._exit(3)

    if __name__ == "__main__":
        time.sleep(1)
    """
    scoop_run(source)
    assert len((tmp_path / "starts").read_text()) <= 20


# -- streams -----------------------------------------------------------------------------------------------------


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
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, timeout=conftest.LIMIT)
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
        _, err = process.communicate(timeout=conftest.LIMIT)
        ends.append((process.returncode, err))
    assert ends[0] == ends[1]


# -- a debugger --------------------------------------------------------------------------------------------------

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


# -- a terminal --------------------------------------------------------------------------------------------------


class Terminal:
    """A program that believes it is at a terminal, and the hands at its keyboard."""

    _TAKE_IT = """
    import fcntl, os, sys, termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.execv(sys.argv[1], sys.argv[1:])
    """

    def __init__(self, *words: str, cwd: Path, env: dict[str, str]) -> None:
        self.screen = ""
        self._read = 0
        self._keys, theirs = os.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(self._TAKE_IT), *unchecked(*words)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env={**os.environ, "TERM": "dumb", **env},
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: str) -> str:
        """Wait for ``text``; return what came since the last one waited for."""
        deadline = time.monotonic() + 30
        while text not in self.screen[self._read :]:
            assert self._more(deadline), f"{text!r} did not come: {self.screen[self._read :]}"
        start, self._read = self._read, self.screen.index(text, self._read) + len(text)
        return self.screen[start : self._read]

    def type(self, line: str, *, prompt: str = ">>> ") -> str:
        """Type one line; return what is shown up to the next prompt."""
        self.press(f"{line}\n")
        return self.until(prompt)

    def press(self, keys: str) -> None:
        """Press some keys."""
        os.write(self._keys, keys.encode())

    def end(self) -> int:
        """Wait for the program's end; return its status."""
        deadline = time.monotonic() + 30
        while self._more(deadline):
            pass
        return self._process.wait(30)

    def close(self) -> None:
        """Take the terminal away."""
        os.close(self._keys)
        if self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._process.wait()

    def _more(self, deadline: float) -> bool:
        if not select.select([self._keys], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._keys, 1 << 16)
        except OSError:  # the last who had it open has closed it
            return False
        self.screen += data.decode().replace("\r\n", "\n")
        return bool(data)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Terminal]:
    """Start a session on a python without IPython."""
    write(tmp_path / "hidden/IPython.py", "raise ImportError('hidden')")
    terminal = Terminal(cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "hidden")})
    try:
        terminal.until(">>> ")
        yield terminal
    finally:
        terminal.close()


def define(terminal: Terminal, lines: Sequence[str]) -> None:
    """Type a block."""
    for line in lines:
        terminal.type(line, prompt="... ")
    terminal.type("")


def test_functions_and_classes_typed_into_a_session_work_in_tasks(session: Terminal) -> None:
    session.type("from scoop import futures; import os, time")
    define(session, ["class Box:", "    def __init__(self, x): self.x = x"])
    define(session, ["def work(box):", "    return box.x * 2 + bonus"])
    session.type("bonus = 1")
    assert "[1, 3, 5]" in session.type("list(futures.map(work, map(Box, range(3))))")
    assert "[0, 1, 4]" in session.type("list(futures.map(lambda x: x * x, range(3)))")
    assert "2 processes" in session.type(
        "print(len(set(futures.map(lambda x: (time.sleep(0.1), os.getpid())[1], range(8)))), 'processes')"
    )
    assert "'__main__'" in session.type("__name__")
    session.press("\x04")
    assert session.end() == 0


def test_a_session_survives_errors_and_control_c_and_shows_them_plainly(session: Terminal) -> None:
    session.type("from scoop import futures; import time")
    assert session.type("1 / 0").endswith(
        "Traceback (most recent call last):\n"
        '  File "<console>", line 1, in <module>\n'
        "ZeroDivisionError: division by zero\n>>> "
    )
    session.press("print('asleep'); time.sleep(60)\n")
    session.until("\nasleep")
    session.press("\x03")
    assert session.until(">>> ").endswith("KeyboardInterrupt\n>>> ")
    assert "[1, 2]" in session.type("list(futures.map(abs, [-1, -2]))")
    session.press("raise SystemExit(3)\n")
    assert session.end() == 3


def test_a_session_is_ipythons_where_that_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    env = {"IPYTHONDIR": str(tmp_path / "profile"), "IPY_TEST_SIMPLE_PROMPT": "1"}
    terminal = Terminal(cwd=tmp_path, env=env)
    try:
        terminal.until("In [1]: ")
        terminal.type("from scoop import futures; work = lambda x: x * 2", prompt="In [2]: ")
        assert "[0, 2, 4]" in terminal.type("list(futures.map(work, range(3)))", prompt="In [3]: ")
        terminal.press("exit\n")
        assert terminal.end() == 0
    finally:
        terminal.close()


def test_control_c_ends_a_program_at_work_as_it_ends_plain_python(tmp_path: Path) -> None:
    source = """
    def work(x):
        print("at work", flush=True)
        time.sleep(60)

    if __name__ == "__main__":
        list(futures.map(work, range(4)))
    """
    write(tmp_path / "script.py", program(source))
    terminal = Terminal("script.py", cwd=tmp_path, env={})
    try:
        terminal.until("at work")
        terminal.until("at work")
        terminal.press("\x03")
        assert terminal.end() == -2
        assert terminal.screen.count("Traceback") == 1
        assert terminal.screen.endswith("KeyboardInterrupt\n")
        assert HOME not in terminal.screen
    finally:
        terminal.close()
