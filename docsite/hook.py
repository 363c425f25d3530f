"""What mkdocs calls while it builds the site: which files it has, and how their links read there."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

from docsite.markdown import without_marks
from docsite.navigation import navigation
from docsite.options import options_of, options_page
from docsite.reference import calls_page
from docsite.repository import FIRST, pages, reachable, shown, site_links, site_page
from scoop.cli.parsing.options import new_parser

ROOT = Path(__file__).resolve().parent.parent


def generated_pages(root: Path) -> dict[str, str]:
    """Return the pages that are made, by path, as if they were files below ``root``."""
    texts = {path.removeprefix("docs/"): (root / path).read_text("utf-8") for path in pages(root)}
    return {
        "docs/reference/calls.md": calls_page(root / "src"),
        "docs/reference/options.md": options_page(options_of(new_parser()), texts),
    }


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made, and what pages link to outside of docs/."""
    made = generated_pages(ROOT)
    for path, text in made.items():
        files.append(_page(config, path, text))
    for path in reachable(ROOT, made):
        if path.endswith((".png", ".svg", ".json")):
            if not path.startswith("docs/"):
                files.append(File.generated(config, site_page(path), abs_src_path=str(ROOT / path)))
        elif not path.startswith("docs/"):
            files.append(_page(config, path, shown(ROOT, path)))
    config.nav = navigation([file.src_uri for file in files.documentation_pages() if _is_ours(file)])
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page of docs/, which lead from where it is in the project."""
    path = f"docs/{page.file.src_uri}"
    return markdown if page.file.generated_by else _in_site(path, markdown)


def _page(config: Any, path: str, text: str) -> File:
    file = File.generated(config, site_page(path), content=_in_site(path, text))
    if file.src_uri.startswith("repository/"):
        file.inclusion = InclusionLevel.NOT_IN_NAV
    return file


def _in_site(path: str, text: str) -> str:
    return without_marks(site_links(path, text))


def _is_ours(file: File) -> bool:
    return not file.src_uri.startswith("repository/") and file.src_uri != site_page(FIRST)
