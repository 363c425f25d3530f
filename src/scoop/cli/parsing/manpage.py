"""``scoop manpage``: the manual page, made from the options as they are now; see man(7) for its language."""

from collections.abc import Iterator
from itertools import groupby

import scoop

from .command_options import COMMAND_PARSERS
from .options import new_parser
from .parser import Option, Parser

__all__ = ["manpage"]


def manpage() -> str:
    """Return the manual page of ``scoop``, in the language of man(7)."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    parser = new_parser()
    yield f'.TH SCOOP 1 "" "SCOOP {scoop.__version__}" "User Commands"'
    yield ".SH NAME"
    yield r"scoop \- run a Python program whose tasks use all processors of this machine, and of others"
    yield ".SH SYNOPSIS"
    yield _plain((parser.usage or "").replace("python -m scoop", "scoop"))
    for command in COMMAND_PARSERS:
        yield ".br"
        yield rf"scoop {command} [options]"
    yield ".SH DESCRIPTION"
    yield _plain(parser.description or "")
    for group, options in groupby(parser.shown_options(), lambda option: option.group):
        yield f'.SH "{_plain(group).upper()}"'
        yield from _described(options)
    for name, new in COMMAND_PARSERS.items():
        yield f'.SH "SCOOP {name.upper()}"'
        yield from _command(new())
    yield ".SH EXAMPLES"
    yield from _examples(parser)
    yield ".SH EXIT STATUS"
    yield "The program's; 2 if the command line has a mistake or the run cannot start; 70 if the broker has died."


def _command(parser: Parser) -> Iterator[str]:
    yield _plain(parser.description or "")
    shared = {option.names for option in new_parser().shown_options()}
    yield from _described(option for option in parser.shown_options() if option.names not in shared)
    yield from _examples(parser)


def _described(options: Iterator[Option]) -> Iterator[str]:
    for option in options:
        names = ", ".join(rf"\fB{_plain(name)}\fR" for name in option.names)
        yield ".TP"
        yield names + (rf" \fI{_plain(option.value)}\fR" if option.value else "")
        yield _plain(option.help)


def _examples(parser: Parser) -> Iterator[str]:
    yield ".PP"
    yield ".nf"
    yield from map(_plain, (parser.epilog or "").splitlines()[1:])  # without the word "examples:"
    yield ".fi"


def _plain(text: str) -> str:
    """Return text in which nothing is a command of the language."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in escaped.split("\n"))
