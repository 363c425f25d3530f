"""The page of messages has the texts that SCOOP prints, word for word."""

import re
from pathlib import Path

import pytest

from .source_strings import is_quoted, strings

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/messages.md").read_text("utf-8")
QUOTED = re.findall(r"^\| (`+)(.+?)\1 \|", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return strings(ROOT / "src")


def test_each_listed_message_is_one_that_is_printed(texts: list[str]) -> None:
    assert [text for _, text in QUOTED if not is_quoted(text, texts)] == []


def test_many_messages_are_listed() -> None:
    assert len(QUOTED) > 80


def test_a_text_that_is_not_in_the_source_is_found_out(texts: list[str]) -> None:
    assert not is_quoted("scoop: … is tired", texts)
