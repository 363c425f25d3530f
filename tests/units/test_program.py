"""The program as ``__main__``: what can be said of it without starting any process."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoop.errors import ScoopError
from scoop.machine.program import CannotStart, Program
from scoop.wire.codec import pickle_main_by_value
from scoop.wire.main_module import MAIN_ALIAS, forget_import


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what a program does to the process it is prepared in."""
    monkeypatch.setattr(sys, "argv", ["launcher"])
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = sys.modules.copy()
    yield
    pickle_main_by_value(False)
    forget_import()
    sys.modules.update(modules)
    for name in sys.modules.keys() - modules.keys():
        if name.startswith(("__scoop", "some_package", "needy_package")):
            del sys.modules[name]


def refusal(program: Program) -> str:
    """Return why the program cannot start: one line."""
    with pytest.raises(CannotStart) as caught:
        program.prepare()()  # a module is looked for only when it is run
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_cannot_start_is_an_error_of_scoops() -> None:
    assert issubclass(CannotStart, ScoopError)


# -- programs there are not --------------------------------------------------------------------------------------


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    message = refusal(Program("script", str(tmp_path / "missing.py")))
    assert "missing.py" in message
    assert "No such file" in message


def test_a_folder_without_a_main_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    message = refusal(Program("script", str(tmp_path / "folder")))
    assert "folder" in message
    assert "__main__.py" in message


def test_a_script_within_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.py").touch()
    assert "Not a directory" in refusal(Program("script", str(tmp_path / "file.py" / "script.py")))


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to("gone.py")
    assert "link.py" in refusal(Program("script", str(tmp_path / "link.py")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_whatever_a_missing_script_is_called_its_refusal_is_one_line(tmp_path: Path, name: str) -> None:
    refusal(Program("script", f"{tmp_path}/missing/{name}"))


@pytest.mark.parametrize("name", ["no_such_module", "json.no_such_module", "no_such_package.module", "json.tool.x"])
def test_a_missing_module_is_named(name: str) -> None:
    assert repr(name) in refusal(Program("module", name))


@pytest.mark.parametrize("name", ["", ".", "..", ".relative", "a b", "-x", "module.", "./script.py", "é"])
def test_what_is_no_modules_name_is_refused(name: str) -> None:
    assert repr(name) in refusal(Program("module", name))


def test_a_package_without_a_main_is_refused() -> None:
    assert "'xml'" in refusal(Program("module", "xml"))


def test_a_module_without_python_code_is_refused() -> None:
    assert "'sys'" in refusal(Program("module", "sys"))


def test_a_package_that_needs_what_is_missing_says_what(tmp_path: Path) -> None:
    (tmp_path / "needy_package").mkdir()
    (tmp_path / "needy_package" / "__init__.py").write_text("import no_such_dependency")
    sys.path.insert(0, str(tmp_path))
    message = refusal(Program("module", "needy_package.module"))
    assert "needy_package.module" in message
    assert "no_such_dependency" in message


# -- programs there are ------------------------------------------------------------------------------------------


def test_to_prepare_is_not_to_run(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("ran = True")
    run = Program("script", str(script)).prepare()
    main = sys.modules["__main__"]
    assert not hasattr(main, "ran")
    run()
    assert main.ran


def test_a_script_is_prepared_as_python_does(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.touch()
    Program("script", str(script), ("-n", "3")).prepare()
    main = sys.modules["__main__"]
    assert sys.argv == [str(script), "-n", "3"]
    assert sys.path[0] == str(tmp_path.resolve())
    assert (main.__name__, main.__file__, main.__package__, main.__spec__) == (
        "__main__",
        str(script),
        None,
        None,
    )


def test_a_script_is_its_own_main_under_both_names(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.touch()
    Program("script", str(script)).prepare()
    assert sys.modules["__main__"] is sys.modules[MAIN_ALIAS]


def test_code_is_prepared_as_python_does() -> None:
    Program("code", "seen = __name__", ("a", "b")).prepare()()
    assert sys.argv == ["-c", "a", "b"]
    assert sys.modules["__main__"].seen == "__main__"


def test_a_module_is_prepared_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "some_package").mkdir()
    (tmp_path / "some_package" / "__init__.py").touch()
    (tmp_path / "some_package" / "part.py").write_text("from . import __name__ as parent")
    sys.path.insert(0, str(tmp_path))
    Program("module", "some_package.part", ("x",)).prepare()()
    main = sys.modules["__main__"]
    assert sys.argv == [str(tmp_path / "some_package" / "part.py"), "x"]
    assert (main.__name__, main.__package__, main.parent) == ("__main__", "some_package", "some_package")


def test_a_worker_imports_a_script_under_another_name(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text('seen = __name__\nif __name__ == "__main__":\n    raise SystemExit("the guard did not hold")\n')
    sys.argv[:] = [str(script)]
    Program("script", str(script)).import_in_worker()
    main = sys.modules[MAIN_ALIAS]
    assert main is sys.modules["__main__"]
    assert main.seen == MAIN_ALIAS


@pytest.mark.parametrize("kind", ["code", "session"])
def test_a_worker_has_nothing_to_import_of_code(kind: str) -> None:
    before = sys.modules.copy()
    Program(kind, "raise SystemExit").import_in_worker()
    assert sys.modules == before
