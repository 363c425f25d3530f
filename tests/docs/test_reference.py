"""The reference has all public names, the pages explain all options and all errors, and the navigation all pages."""

import re
from pathlib import Path

import pytest

import scoop
from docsite.docstrings import as_markdown
from docsite.markdown import anchors, slug
from docsite.navigation import SECTIONS, navigation
from docsite.options import explained_in, options_of, options_page
from docsite.reference import MODULES, calls_page, public_names
from docsite.repository import pages
from scoop import errors, futures, shared
from scoop.cli.parsing.options import new_parser

ROOT = Path(__file__).resolve().parent.parent.parent
TEXTS = {path.removeprefix("docs/"): (ROOT / path).read_text("utf-8") for path in pages(ROOT)}
ERRORS = [name for name in errors.__all__ if isinstance(getattr(errors, name), type) and name != "CancelledError"]


def test_every_public_name_is_in_the_reference() -> None:
    page = anchors(calls_page(ROOT / "src"))
    for module, names in ((scoop, [*scoop.__all__, "Executor", "start", "stop"]), (futures, futures.__all__)):
        assert {slug(f"{module.__name__}.{name}") for name in names} <= page
    assert {slug(f"scoop.shared.{name}") for name in shared.__all__} <= page
    assert {slug(f"scoop.errors.{name}") for name in ERRORS} <= page


@pytest.mark.parametrize("module", MODULES)
def test_every_name_of_the_reference_says_what_it_is(module: str) -> None:
    assert [name.name for name in public_names(ROOT / "src", module) if not name.text] == []


def test_names_are_found_where_they_are_defined(tmp_path: Path) -> None:
    package = tmp_path / "scoop"
    package.mkdir()
    (package / "__init__.py").write_text('__all__ = ["a"]\na: int = 1\n"""A number."""\n_HOMES = {"b": "home"}\n')
    (package / "home.py").write_text('@overload\ndef b(x: int) -> int: ...\ndef b(x: int) -> int:\n    """Do b."""\n')
    found = {name.name: name.text for name in public_names(tmp_path, "scoop")}
    assert found == {"scoop.a": "A number.", "scoop.b": "Do b."}


def test_every_option_is_explained_by_a_page() -> None:
    texts = {page: text for page, text in TEXTS.items() if page != "moving.md"}
    options = [*options_of(new_parser())]
    assert [option.names for option in options if explained_in(option, texts) is None] == []
    page = options_page(options, texts)
    assert all(f"`{name}`" in page for option in options for name in option.names)


def test_an_option_that_no_page_explains_is_found_out() -> None:
    parser = new_parser()
    parser.add_argument("--unheard-of", help="no one knows")
    option = [*options_of(parser)][-1]
    assert explained_in(option, TEXTS) is None


def test_every_error_has_a_cause_and_a_remedy() -> None:
    for name in ERRORS:
        section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", TEXTS["errors.md"], re.MULTILINE | re.DOTALL)
        assert section, name
        assert "**What happened.**" in section[1], name
        assert "**What to do.**" in section[1], name


def test_the_navigation_has_each_page_once() -> None:
    found = navigation([*TEXTS, "unheard_of.md"])
    listed = [page for section in found for pages in section.values() if isinstance(pages, list) for page in pages]
    assert sorted(listed) == sorted([*TEXTS, "unheard_of.md"])


def test_a_page_that_is_not_there_yet_is_left_out() -> None:
    assert navigation(["start.md"])[1:] == [{title: ["start.md"] if title == "Start" else []} for title in SECTIONS]


def test_a_docstring_becomes_a_page() -> None:
    text = as_markdown(
        "Do it, with ``this``.\n\n    Parameters:\n        one: the first\n            of them.\n        two: more.\n"
    )
    assert text.splitlines()[0] == "Do it, with `this`."
    text = as_markdown("Do it.\n\nParameters:\n    one: the first\n        of them.\n    two: more.\n\nRaises.")
    assert text.splitlines()[2:] == [
        "**Parameters**",
        "",
        "- `one`: the first",
        "    of them.",
        "- `two`: more.",
        "",
        "Raises.",
    ]
