"""A command line that names the option which was meant, and tells others of its options: completion, the manual."""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, NoReturn

__all__ = ["Option", "Parser"]


class Option(NamedTuple):
    """What the help shows of an option.

    Parameters:
        names: as they are typed; the long one last.
        value: what its value is called; empty if it takes none.
        choices: the values that there are; empty if there may be any.
        help: what it does.
        group: under which heading the help shows it.
    """

    names: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    help: str
    group: str


class Parser(argparse.ArgumentParser):
    """A parser whose examples keep their lines, and whose errors say where help is."""

    other_names: ClassVar[Mapping[str, str]] = {}
    """Names that other programs have for options, and the option that was meant."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog=prog, formatter_class=_HelpFormatter, allow_abbrev=False, **settings)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(self._describe(unknown))
        return options

    def error(self, message: str) -> NoReturn:
        message = message.replace("ignored explicit argument", "does not take the value")
        super().error(f"{message} ({self.prog} --help tells all options)")

    def shown_options(self) -> Iterator[Option]:
        """Yield what the help shows, in its order."""
        actions: list[Any] = [*self._actions]  # whose groups the types do not know
        for group in self._action_groups:
            for action in actions:
                if action.container is group and action.option_strings and action.help != argparse.SUPPRESS:
                    yield _option(action, group.title or "")

    def hide(self, *names: str) -> None:
        """Show these options no more; they are still taken."""
        for action in self._actions:
            if not {*names}.isdisjoint(action.option_strings):
                action.help = argparse.SUPPRESS

    def _describe(self, unknown: Sequence[str]) -> str:
        word = unknown[0].partition("=")[0]
        if not word.startswith("-"):
            return f"unrecognized arguments: {' '.join(unknown)}"
        from ...errors import nearest  # which help does without

        names = [name for option in self.shown_options() for name in option.names]
        meant = self.other_names.get(word) or nearest(word, names)
        return f"there is no option {word}" + (f"; did you mean {meant}?" if meant else "")


def _option(action: argparse.Action, group: str) -> Option:
    takes_none = action.nargs == 0
    value = "" if takes_none else str(action.metavar or action.dest.upper())
    choices = tuple(map(str, action.choices or ()))
    text = (action.help or "") % {"default": action.default}
    return Option(tuple(action.option_strings), value, choices, text, group)


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Asks for the terminal's width itself: argparse would import shutil for it, which costs 2 ms at every start."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
        except (OSError, ValueError):
            columns = 80
        super().__init__(prog, width=columns - 2)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        """Show the name of the value also where an option takes the rest of the line, and reads it itself."""
        rest = action.nargs == argparse.REMAINDER
        return str(action.metavar) if rest else super()._format_args(action, default_metavar)
