"""The page of messages has the texts that SCOOP prints, word for word, and their codes."""

import re
from collections import Counter
from pathlib import Path

import pytest

from scoop import errors
from scoop.codes import CODES, with_code, with_code_of

from .source_strings import is_quoted, raised, strings, warned

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/messages.md").read_text("utf-8")
ROWS = re.findall(r"^\| (`+)(.+?)\1(?: \((SC-\d+)\))? \|", PAGE, re.MULTILINE)
QUOTED = [text for _, text, _ in ROWS]
CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ScoopError)
}

PASSED_ON = {"scoop: …", "…"}
"""What is printed and made elsewhere."""


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return strings(ROOT / "src")


def test_each_listed_message_is_one_that_is_printed(texts: list[str]) -> None:
    assert [text for text in QUOTED if not is_quoted(text, texts)] == []


def test_many_messages_are_listed() -> None:
    assert len(QUOTED) > 80


def test_a_text_that_is_not_in_the_source_is_found_out(texts: list[str]) -> None:
    assert not is_quoted("scoop: … is tired", texts)


def test_every_warning_and_every_error_is_listed() -> None:
    errors_made = {*CLASSES, "CannotStart", "HostsError"} - {"NotStartedProperly"}  # which is given the call's name
    printed = warned(ROOT / "src") + raised(ROOT / "src", errors_made)
    assert len(printed) > 50
    assert [text for text in printed if text not in PASSED_ON and not any(is_quoted(q, [text]) for q in QUOTED)] == []


# -- codes -----------------------------------------------------------------------------------------------------------


def test_each_code_of_a_message_is_that_of_one_text_only(texts: list[str]) -> None:
    """Two texts of a code are one message, in two places or in two cases."""
    assert [words for words in CODES.values() if not is_quoted(words, texts)] == []
    assert [code for code, words in CODES.items() if f"({code})" not in with_code_of(f"scoop: {words} ...")] == []


def test_every_warning_has_a_code() -> None:
    own = [text for text in warned(ROOT / "src") if text.startswith("scoop: ") and text not in PASSED_ON]
    assert len(own) > 20
    assert [text for text in own if with_code_of(text) == text] == []


def test_the_page_has_each_code_beside_its_message() -> None:
    listed = {code for _, _, code in ROWS}
    assert set(CODES) <= listed
    assert listed - set(CODES) <= {"", *(kind.code for kind in CLASSES.values())}
    assert [(text, code) for _, text, code in ROWS if code in CODES and CODES[code] not in text] == []


def test_each_exception_has_a_code_of_its_own_and_the_pages_have_it() -> None:
    assert [code for code, times in Counter(kind.code for kind in CLASSES.values()).items() if times > 1] == []
    assert not {kind.code for kind in CLASSES.values()} & set(CODES)
    explained = (ROOT / "docs/errors.md").read_text("utf-8")
    for name, kind in CLASSES.items():
        assert f"## {name}\n\nCode: {kind.code}.\n" in explained, name
        assert f"| {kind.code} | [{name}](errors.md#{name.lower()}) |" in PAGE, name


def test_an_exception_shows_its_code_at_the_end_of_its_first_line() -> None:
    assert str(errors.WorkerLost("it was lost")) == "it was lost (SC-19)"
    assert str(errors.TaskTimeout("too long")) == "too long (SC-20)"
    assert str(errors.Deadlock()) == "(SC-22)"
    assert str(errors.MainImportError("it failed:\n\nwhy")) == "it failed (SC-12):\n\nwhy"


def test_a_code_is_given_once() -> None:
    assert with_code(with_code("text\n", "SC-99"), "SC-99") == "text (SC-99)\n"
    assert with_code(with_code("text:\n", "SC-99"), "SC-01") == "text (SC-99):\n"
    assert with_code_of("what the program says") == "what the program says"
