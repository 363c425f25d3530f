"""The code of the documentation is true: it compiles, whole programs run, and print what the page shows.

A block of Python with a main guard is a whole program, and is run by two workers; with the mark `plain` by plain
python; `fails` is for one that ends by an error, `logs` for one that writes to standard error. If the next block is
`output`, that is what it must print, `unordered` with its lines in any order. The mark `fragment` is for a block that
is no whole program, and a path for a block that shows a file of the project.
"""

import ast
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

from docsite.markdown import Block, blocks
from docsite.repository import pages
from running import run_python

ROOT = Path(__file__).resolve().parent.parent.parent
GUARD = 'if __name__ == "__main__":'


class Shown(NamedTuple):
    """A block of code of a page, and the block that follows it.

    Parameters:
        place: the page, and the line.
        block: the code.
        output: what it is said to print; None if the page does not show that.
    """

    place: str
    block: Block
    output: Block | None


def shown() -> list[Shown]:
    """Return all blocks of Python and of shell scripts of the documentation."""
    found = []
    for path in ["README.md", *pages(ROOT)]:
        ours = [*blocks((ROOT / path).read_text("utf-8"))]
        for block, after in zip_longest(ours, ours[1:]):
            if block.language in ("python", "bash"):
                output = after if after and after.language == "output" else None
                found.append(Shown(f"{path}:{block.line}", block, output))
    return found


ALL = shown()
PROGRAMS = [each for each in ALL if each.block.language == "python" and GUARD in each.block.text]
FILES = [each for each in ALL if any("/" in mark for mark in each.block.marks)]


def by_place(each: Shown) -> str:
    return each.place


def test_every_block_of_python_compiles() -> None:
    for each in ALL:
        if each.block.language == "python":
            compile(each.block.text, each.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_a_block_that_shows_a_file_is_that_file() -> None:
    for each in FILES:
        path = next(mark for mark in each.block.marks if "/" in mark)
        assert each.block.text == (ROOT / path).read_text("utf-8"), each.place


@pytest.mark.parametrize("each", [each for each in PROGRAMS if "no-run" not in each.block.marks], ids=by_place)
def test_a_program_runs_and_prints_what_the_page_shows(each: Shown, tmp_path: Path) -> None:
    for file in FILES:  # so that programs find the modules that other blocks show
        (tmp_path / Path(file.block.marks[0]).name).write_text(file.block.text)
    (tmp_path / "shown.py").write_text(each.block.text)
    start = () if "plain" in each.block.marks else ("-m", "scoop", "-n", "2")
    run = run_python(*start, "shown.py", cwd=tmp_path)
    assert (run.status == 0) is ("fails" not in each.block.marks), run.err
    assert run.err == "" or {"fails", "logs"} & {*each.block.marks}
    if not each.output:
        return
    said, wanted = run.out.splitlines(), each.output.text.splitlines()
    if "unordered" in each.output.marks:
        said, wanted = sorted(said), sorted(wanted)
    assert said == wanted


def test_pages_have_programs_and_outputs() -> None:
    assert len(PROGRAMS) > 10
    assert len([each for each in PROGRAMS if each.output]) > 8
