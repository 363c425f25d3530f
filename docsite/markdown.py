"""The parts of a Markdown page that the site and its tests look at: blocks of code, links, headings."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Block", "anchors", "blocks", "links", "slug", "with_links", "without_marks"]

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}[^\n]*\n|\n(?= {4}))+")
_CODE = re.compile(r"(`+)[^`].*?\1")
_LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^)\s]+)(?P<after>\))")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_EXPLICIT = re.compile(r"<a (?:id|name)=\"([^\"]+)\">")
_EXTERNAL = re.compile(r"[a-z]+:")


class Block(NamedTuple):
    """A fenced block of code.

    Parameters:
        language: the first word after the fence.
        marks: the words that follow it.
        text: what is between the fences.
        line: where the fence stands.
    """

    language: str
    marks: tuple[str, ...]
    text: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for found in _FENCE.finditer(text):
        language, *marks = found["info"].split() or [""]
        yield Block(language, tuple(marks), found["text"], text.count("\n", 0, found.start()) + 1)


def links(text: str) -> list[str]:
    """Return where the links and images of a page lead, without those that leave the project."""
    return [found["target"] for found in _LINK.finditer(_prose(text)) if not _EXTERNAL.match(found["target"])]


def with_links(text: str, change: Callable[[str], str]) -> str:
    """Return the page with each link that stays within the project changed."""
    prose = _prose(text)
    pieces, end = [], 0
    for found in _LINK.finditer(prose):
        start, stop = found.span("target")
        if not _EXTERNAL.match(found["target"]):
            pieces += [text[end:start], change(text[start:stop])]
            end = stop
    return "".join([*pieces, text[end:]])


def without_marks(text: str) -> str:
    """Return the page with nothing but the language after a fence."""
    return _FENCE.sub(lambda found: found[0].replace(found["info"], _language(found["info"]), 1), text)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page: those of its headings, as code hosts make them, and those it sets itself."""
    counts: Counter[str] = Counter()
    found = set(_EXPLICIT.findall(text))
    for heading in _HEADING.findall(_FENCE.sub(_blank, text)):
        name = slug(heading)
        found.add(f"{name}-{counts[name]}" if counts[name] else name)
        counts[name] += 1
    return found


def slug(heading: str) -> str:
    """Return the anchor that code hosts make of a heading: its letters, digits and dashes, in small letters."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")


def _language(info: str) -> str:
    return (info.split() or [""])[0]


def _prose(text: str) -> str:
    """Return the page with blanks in place of code, so that places in it stay what they are."""
    return _CODE.sub(_blank, _INDENTED.sub(_blank, _FENCE.sub(_blank, text)))


def _blank(found: "re.Match[str]") -> str:
    return re.sub(r"[^\n]", " ", found[0])
