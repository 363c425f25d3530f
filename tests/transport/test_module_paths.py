"""Workers find the modules that the program finds, also where it adds to ``sys.path`` while it runs."""

from pathlib import Path

import pytest

from running import RunScoop, write
from scripts import check, program


@pytest.mark.parametrize("add", ['sys.path.insert(0, "libs")', 'sys.path.append(os.path.abspath("libs"))'])
@pytest.mark.parametrize("then", ["pass", 'os.chdir("/")'])
def test_modules_in_a_folder_added_later_are_found(scoop_run: RunScoop, tmp_path: Path, add: str, then: str) -> None:
    write(tmp_path / "libs" / "added_later.py", "def double(x):\n    return 2 * x\n")
    body = f"""
    import sys

    def import_and_double(x):
        import added_later
        return added_later.double(x)

    def inner(x):
        return far(import_and_double, x)

    def main():
        {add}
        import added_later
        {then}
        assert far(added_later.double, 2) == 4
        assert far(import_and_double, 3) == 6
        assert [*futures.map(added_later.double, range(5))] == [0, 2, 4, 6, 8]
    """
    check(scoop_run, 2, body)


def test_added_folders_stand_in_the_same_order_on_workers(scoop_run: RunScoop, tmp_path: Path) -> None:
    for place in "abcd":
        write(tmp_path / place / "which.py", f"def which():\n    return {place!r}\n")
    body = """
    import sys

    def find():
        import which
        return which.which(), [path for path in sys.path if len(os.path.basename(path)) == 1]

    def main():
        sys.path[:0] = [os.path.abspath("b"), os.path.abspath("a")]
        sys.path += [os.path.abspath("c"), os.path.abspath("d")]
        assert far(find) == find()
        sys.path.insert(0, os.path.abspath("."))
        assert far(find)[1] == find()[1]
    """
    check(scoop_run, 2, body)


def test_an_error_for_a_missing_module_names_it(scoop_run: RunScoop) -> None:
    source = """
    import sys, types

    if __name__ == "__main__":
        made = sys.modules["made_up"] = types.ModuleType("made_up")
        exec("def work(x): return x", made.__dict__)
        error = send(made.work, 1).exception()
        assert "made_up" in str(error), error
        assert "__main__" not in str(error), error
        print("fine")
    """
    run = scoop_run(program(source))
    assert (run.status, run.out) == (0, "fine\n")
