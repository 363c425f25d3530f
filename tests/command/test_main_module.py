"""A program is ``__main__`` as under plain python, wherever it comes from: its names, its modules, its source."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from running import LIMIT, Run, RunScoop, run_both, run_python, unchecked, write
from scripts import program

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
def test_a_program_from_standard_input_has_the_names_of_plain_python(tmp_path: Path, words: tuple[str, ...]) -> None:
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
    out, _ = process.communicate(timeout=LIMIT)
    assert out == f"{process.pid}\n"


def test_tasks_find_the_name_of_the_script_and_its_import_another(scoop_run: RunScoop) -> None:
    source = """
    imported_as = __name__

    def names():
        return __name__, imported_as

    if __name__ == "__main__":
        print(*names(), *elsewhere(names))
    """
    run = scoop_run(program(source))
    *rest, imported_as = run.out.split()
    assert (run.status, rest, run.err) == (0, ["__main__"] * 3, "")
    assert imported_as != "__main__"


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


def test_a_script_elsewhere_finds_modules_beside_it_here_and_on_workers(tmp_path: Path) -> None:
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
