"""What the import of a script gives is noted where its guards begin."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from scoop.machine import guards
from scoop.machine.guards import compile_noting_guards
from scoop.wire import main_module
from scoop.wire.main_module import MAIN_ALIAS, content_of, forget_import, imported, may_have_changed, names_in


@pytest.fixture(autouse=True)
def _nothing_noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(guards, "_mentioned", set())
    monkeypatch.setitem(sys.modules, MAIN_ALIAS, ModuleType("__main__"))
    yield
    forget_import()


def run(source: str) -> dict[str, Any]:
    """Run a script as the origin does; return its globals."""
    space = vars(sys.modules[MAIN_ALIAS])
    exec(compile_noting_guards(source, "script.py"), space)
    return space


GUARD = 'if __name__ == "__main__":'


@pytest.mark.parametrize(
    "source",
    [
        f"early = 1\n{GUARD}\n    late = 1",
        f"early = 1\n{GUARD} late = 1",
        f"early = 1\ntry:\n    {GUARD} late = 1\nfinally: pass",
        f"early = 1\nif not early: pass\nel{GUARD} late = 1",
        f"early = 1\nwith open(__file__):\n    {GUARD} late = 1",
        f"early = 1\nfor _ in range(1):\n    {GUARD} late = 1",
        'early = 1\nprint(exec("late = 1", globals()) if __name__ == "__main__" else 0)',
        'early = 1\n__name__ == "__main__" and exec("late = 1", globals())',
        'early = 1\nexec("late = 1", globals()) if __name__ == "__main__" else None',
        f"{GUARD}\n    late = 1\nearly = 1\n{GUARD}\n    pass",
    ],
)
def test_what_is_set_under_a_guard_is_not_the_imports(source: str) -> None:
    space = run(f"__file__ = {__file__!r}\n{source}")
    assert space["early"] == space["late"] == 1
    assert imported("early") is not None
    assert imported("late") is None
    assert may_have_changed()


@pytest.mark.parametrize("source", ["x = 1", "import logging\nlog = logging.getLogger(__name__)\nif log: x = 1"])
def test_a_script_without_a_guard_runs_as_it_is(source: str) -> None:
    run(source)
    assert imported("x") is None
    assert not may_have_changed()


def test_changes_are_told_from_what_stays() -> None:
    space = run(f"same, bound, listed, unread = 1, 2, [3], [4]\ndef read(): return same, bound, listed\n{GUARD} pass")
    for name in ("same", "bound", "listed"):
        first = imported(name)
        assert first is not None
        assert first.is_object(space[name])
    assert imported("unread") is None
    listed = imported("listed")
    assert listed is not None
    assert listed.has_content(content_of([3]))
    space["listed"].append(4)
    assert not listed.has_content(content_of(space["listed"]))


def test_a_syntax_error_is_shown_as_by_python() -> None:
    errors = []
    for compiled in (compile_noting_guards, lambda source, name: compile(source, name, "exec")):
        with pytest.raises(SyntaxError) as caught:
            compiled(f"{GUARD}\n    return 1\n", "script.py")
        errors.append((str(caught.value), caught.value.lineno, caught.value.text))
    assert errors[0] == errors[1]


def test_a_chain_of_thousands_of_branches_compiles() -> None:
    run("x = 0\nif x == 1: pass\n" + "elif x == 2: pass\n" * 900 + f"{GUARD} pass")


def test_the_names_in_a_pickle_are_found() -> None:
    source = "class Outer:\n    class Inner: pass\ndef work(): pass\ndef unused(): pass\nä = 1\ndef ü(): pass"
    space = run(source)
    sys.modules["__main__"], kept = sys.modules[MAIN_ALIAS], sys.modules["__main__"]
    try:
        data = main_module.content_of([space["Outer"].Inner(), space["work"], space["ü"], "other"])
    finally:
        sys.modules["__main__"] = kept
    assert data is not None
    assert names_in(data) == {"Outer", "work", "ü"}
    assert names_in(b"Outer work") == frozenset()


def test_a_warning_of_the_compiler_is_given_once() -> None:
    with pytest.warns(SyntaxWarning) as caught:
        compile_noting_guards(f"x = 1 is 1\n{GUARD} pass\n", "script.py")
    assert len(caught) == 1
