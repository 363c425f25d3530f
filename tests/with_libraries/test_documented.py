"""Each piece of docs/libraries.md works with the library that it is about, in a run and in a plain program."""

import re

import pytest

from running import RunScoop
from with_libraries.documented import PAGE, PIECES, program_of


@pytest.mark.parametrize("plain", [False, True], ids=["run", "plain"])
@pytest.mark.parametrize("heading", PIECES)
def test_what_is_documented_works(scoop_run: RunScoop, heading: str, plain: bool) -> None:
    for module in PIECES[heading].modules:
        pytest.importorskip(module)
    run = scoop_run(program_of(heading, plain), plain=plain)
    assert (run.status, run.out.splitlines()[-1:]) == (0, ["fine"]), run.err
    assert "Traceback" not in run.err


def test_no_piece_goes_untested() -> None:
    page = PAGE.read_text("utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert {each.partition("\n")[0] for each in sections if "```python" in each} == {*PIECES}
