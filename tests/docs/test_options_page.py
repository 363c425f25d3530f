"""The page of options has every option, and every command, that the help shows."""

from pathlib import Path

from scoop.cli.parsing.command_options import COMMAND_PARSERS
from scoop.cli.parsing.options import new_parser

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs/options.md").read_text("utf-8")


def test_the_page_has_each_option() -> None:
    options = [option.names for option in new_parser().shown_options()]
    assert len(options) > 30
    assert [names for names in options if not any(_is_there(name) for name in names)] == []


def test_the_page_has_each_command() -> None:
    assert [name for name in COMMAND_PARSERS if not _is_there(f"scoop {name}")] == []


def _is_there(name: str) -> bool:
    return f"`{name}`" in PAGE or f"`{name} " in PAGE
