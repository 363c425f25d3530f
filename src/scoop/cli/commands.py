"""Which command a command line names. Only what that one needs is imported, so help comes at once."""

import os
import signal
from collections.abc import Callable
from functools import partial

from .parsing.options import new_parser
from .parsing.parser import Parser

__all__ = ["find_command", "main"]

Words = list[str]
Run = Callable[[], int]


def main(words: Words) -> int:
    """Run a command line; return the exit status."""
    return find_command(words)()


def find_command(words: Words) -> Run:
    """Return what runs a command line, with all that it needs imported. Raises SystemExit for help and mistakes."""
    if words and words[0] in _COMMANDS and not _is_program(words[0]):
        from .parsing.command_options import COMMAND_PARSERS

        return _COMMANDS[words[0]](COMMAND_PARSERS[words[0]](), words[1:])
    parser = new_parser()
    options = parser.parse_args(words)
    from .running import command

    return partial(command.main, parser, options)


def _is_program(name: str) -> bool:
    return os.path.isfile(name) or os.path.isfile(os.path.join(name, "__main__.py"))


def _hosts(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(["--hosts", *words] if words and not words[0].startswith("-") else words)
    from .hosts import list_hosts

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return partial(list_hosts, parser, options)


def _worker(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .join import join

    return partial(join, options)


def _submit(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .submit import submit

    return partial(submit, parser, options)


def _kernel(parser: Parser, words: Words) -> Run:
    options, rest = parser.parse_known_args(words)
    from .kernel import kernel

    return partial(kernel, parser, options, rest)


def _report(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .report import report

    return partial(report, options)


def _info(parser: Parser, words: Words) -> Run:
    parser.parse_args(words)
    from .looking.info import show_info

    return show_info


def _stacks(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .looking.stacks import show_stacks

    return partial(show_stacks, options)


def _top(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .looking.top import show_top

    return partial(show_top, options)


def _examples(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .examples import copy_examples

    return partial(copy_examples, options.folder)


def _completion(parser: Parser, words: Words) -> Run:
    options = parser.parse_args(words)
    from .parsing.completion import completion

    return partial(_print, completion(options.shell))


def _manpage(parser: Parser, words: Words) -> Run:
    parser.parse_args(words)
    from .parsing.manpage import manpage

    return partial(_print, manpage())


def _print(text: str) -> int:
    print(text, end="")
    return 0


_COMMANDS = {
    "hosts": _hosts,
    "worker": _worker,
    "submit": _submit,
    "kernel": _kernel,
    "report": _report,
    "top": _top,
    "stacks": _stacks,
    "info": _info,
    "examples": _examples,
    "completion": _completion,
    "manpage": _manpage,
}
"""By the word that names it: what reads the words after it, and imports the command."""
