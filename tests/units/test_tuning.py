"""The numbers that were measured, and how a benchmark changes them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scoop import tuning
from scoop.tuning import Tuning, tuned


def test_a_text_changes_the_fields_that_it_names_and_no_other() -> None:
    """Numbers that are whole stay whole."""
    found = tuned("slice_seconds=0.5,most_pieces=3")
    assert (found.slice_seconds, found.most_pieces) == (0.5, 3)
    assert found == Tuning(slice_seconds=0.5, most_pieces=3)
    assert tuned("") == Tuning()


@pytest.mark.parametrize("text", ["no_such_field=1", "slice_seconds", "slice_seconds=x", "most_pieces=0.5"])
def test_a_text_that_makes_no_sense_is_refused_by_name(text: str) -> None:
    """The message says which variable it was, and which field."""
    with pytest.raises(ValueError, match=f"scoop_tuning.*{text.partition('=')[0]}"):
        tuned(text)


def test_the_option_of_python_is_read_once_at_the_start() -> None:
    """By the process that imports SCOOP."""
    code = "from scoop.tuning import TUNING; print(TUNING.slice_seconds)"
    words = [sys.executable, "-X", "scoop_tuning=slice_seconds=0.25", "-c", code]
    out = subprocess.run(words, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "0.25"


def test_each_field_is_used_and_has_its_reason_in_one_line() -> None:
    """What no file uses any more is to go."""
    package = Path(tuning.__file__).parent
    own = (package / "tuning.py").read_text()
    others = "".join(path.read_text() for path in package.rglob("*.py") if path.name != "tuning.py")
    for field in Tuning._fields:
        assert re.search(rf'^    {field}: .*\n    """.+"""$', own, re.MULTILINE), field
        assert re.search(rf"\b{field}\b", others), field
