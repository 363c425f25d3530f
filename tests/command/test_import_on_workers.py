"""Scripts that workers cannot import, or should not: the run ends all the same."""

from pathlib import Path

import pytest

from running import RunScoop
from scripts import program


@pytest.mark.parametrize("end", ["sys.exit(0)", "pass", "sys.exit(3)"])
def test_a_script_without_a_guard_that_uses_no_futures_ends(scoop_run: RunScoop, end: str) -> None:
    # Workers import it too; the words are theirs as much as the origin's, so how often they come is left open.
    run = scoop_run(f'import sys\nprint("words")\n{end}')
    assert run.status == (3 if "3" in end else 0)
    assert 1 <= run.out.count("words") <= 3


def test_a_script_that_cannot_be_imported_ends_if_it_needs_no_workers(scoop_run: RunScoop) -> None:
    source = """
    import scoop

    if not scoop.IS_ORIGIN:
        raise ImportError("not here")
    print("words")
    """
    run = scoop_run(source)
    assert (run.status, run.out) == (0, "words\n")


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


def test_workers_that_die_importing_the_script_are_not_replaced_for_ever(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    if not scoop.IS_ORIGIN:
        with open("starts", "a") as file:
            file.write("x")
        os._exit(3)

    if __name__ == "__main__":
        is_open("starts")
        time.sleep(1)  # in which many more could be started
    """
    scoop_run(program(source))
    assert len((tmp_path / "starts").read_text()) <= 20
