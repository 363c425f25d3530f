"""The page of all options: made from the command line's own parser, so it is never out of date."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

__all__ = ["Option", "explained_in", "options_of", "options_page"]

_HEAD = """\
# All options

    python -m scoop [options] [script.py | -m module | -c code | -] [arguments of the program ...]

What `python -m scoop --help` says, and the page that tells more. This page is made from the command line's parser.

| option | meaning | more |
|---|---|---|
"""


_FIRST = ("options.md", "clusters.md")  # where to look first
_EXPLAINS = r"[#|]"


class Option(NamedTuple):
    """An option of a command.

    Parameters:
        names: all its spellings.
        value: what it takes, as the help writes it; empty if nothing.
        text: its help.
    """

    names: tuple[str, ...]
    value: str
    text: str


def options_of(parser: argparse.ArgumentParser) -> Iterator[Option]:
    """Yield the options that a parser shows in its help."""
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:
        if action.option_strings and action.help not in (None, argparse.SUPPRESS):
            value = "" if action.nargs == 0 else _value(action)
            yield Option(tuple(action.option_strings), value, formatter._expand_help(action))


def options_page(options: Iterable[Option], pages: Mapping[str, str]) -> str:
    """Return the page of the options.

    Parameters:
        options: what the parser shows.
        pages: the text of the pages that may explain them, by their path below docs/.
    """
    return _HEAD + "".join(_row(option, explained_in(option, pages)) for option in options)


def explained_in(option: Option, pages: Mapping[str, str]) -> str | None:
    """Return the page that explains an option: in a heading, at the start of a row, or else in a line."""
    word = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, option.names))})(?![\w-])")
    order = sorted(pages, key=lambda page: (page not in _FIRST, page))
    for begins in (_EXPLAINS, ""):
        for page in order:
            if any(re.match(begins, line) and word.search(_subject(line)) for line in pages[page].splitlines()):
                return page
    return None


def _subject(line: str) -> str:
    """Return what a line is about: the first cell of a row, or else all of it."""
    return line.split("|")[1] if line.startswith("|") else line


def _value(action: argparse.Action) -> str:
    if action.choices is not None:
        return " | ".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _row(option: Option, page: str | None) -> str:
    names = ", ".join(f"`{name}`" for name in option.names)
    value = f" {option.value}".replace("|", "\\|").rstrip()
    more = f"[{page.removesuffix('.md').replace('_', ' ')}](../{page})" if page else ""
    return f"| {names}{value} | {option.text} | {more} |\n"
