"""What is public has no surprises."""

import sys

import pytest

import scoop
from running import Run, RunScoop
from scoop import futures, shared
from scripts import program


@pytest.mark.parametrize("module", [futures, shared], ids=["futures", "shared"])
def test_public_functions_have_an_empty_dict(module: object) -> None:
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    functions = [getattr(module, name) for name in names if not isinstance(getattr(module, name), type | str)]
    assert functions
    assert [function for function in functions if vars(function)] == []


def test_whether_scoop_is_running_is_public(scoop_run: RunScoop) -> None:
    source = """
    def state():
        return scoop.IS_RUNNING, scoop.IS_ORIGIN

    if __name__ == "__main__":
        print(state(), send(state).result() if scoop.IS_RUNNING else "none")
    """
    assert scoop_run(program(source)) == Run(0, "(True, True) (True, False)\n", "")
    assert scoop_run(program(source), plain=True) == Run(0, "(False, True) none\n", "")
    assert (scoop.IS_RUNNING, "scoop" in sys.modules) == (False, True)
