"""The pages of docs/, and what they link to outside of it: the site shows that too, so no link leaves the machine."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .markdown import anchors, links, with_links

__all__ = ["FIRST", "broken_links", "pages", "reachable", "shown", "site_links", "site_page"]

FIRST = "README.md"
"""The first page of the site."""

_DOCS = "docs/"
_LANGUAGES = {".py": "python", ".sh": "bash", ".toml": "toml"}


def pages(root: Path) -> list[str]:
    """Return the paths of the pages of docs/, below ``root``."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md"))


def reachable(root: Path, generated: dict[str, str]) -> list[str]:
    """Return the files that the pages of the site show or link to, also by way of each other, below ``root``.

    Parameters:
        root: the folder of the project.
        generated: the text of pages that are made, by path.
    """
    found: dict[str, None] = {}
    waiting = [FIRST, *pages(root), *generated]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            waiting += [
                target for target, _ in _targets(path, _text(root, path, generated)) if _is_file(root, target)
            ]
    return [path for path in found if path not in generated]


def site_page(path: str) -> str:
    """Return where a file of the project is in the site."""
    if path == FIRST:
        return "index.md"
    if path.startswith(_DOCS):
        return path.removeprefix(_DOCS)
    name = PurePosixPath(path)
    if name.suffix in (".md", ".png", ".svg", ".json"):
        return f"repository/{path}"
    return f"repository/{path}.md"


def shown(root: Path, path: str) -> str:
    """Return the text of a file as a page: Markdown as it is, all else as a block of code."""
    text = (root / path).read_text("utf-8")
    if path.endswith(".md"):
        return text
    language = _LANGUAGES.get(PurePosixPath(path).suffix, "text")
    return f"# {path}\n\n````{language}\n{text.rstrip()}\n````\n"


def site_links(path: str, text: str) -> str:
    """Return the page with links as they must be in the site."""
    here = os.path.dirname(site_page(path))

    def change(link: str) -> str:
        target, _, anchor = link.partition("#")
        if not target:
            return link
        there = os.path.relpath(site_page(_resolve(path, target)), here or ".")
        return f"{there}#{anchor}" if anchor else there

    return with_links(text, change)


def broken_links(root: Path, path: str, generated: dict[str, str]) -> Iterator[str]:
    """Yield each link of a page that leads nowhere."""
    for target, anchor in _targets(path, _text(root, path, generated)):
        if not (target in generated or _is_file(root, target)):
            yield f"{path}: no file {target}"
        elif anchor and anchor not in anchors(_text(root, target, generated)):
            yield f"{path}: no heading #{anchor} in {target}"


def _targets(path: str, text: str) -> Iterator[tuple[str, str]]:
    for link in links(text) if path.endswith(".md") else ():
        target, _, anchor = link.partition("#")
        yield _resolve(path, target) if target else path, anchor


def _resolve(path: str, target: str) -> str:
    """Return the path of a link's target; of a folder, the page that describes it."""
    there = os.path.normpath(os.path.join(os.path.dirname(path), target))
    return f"{there}/README.md" if target.endswith("/") else there


def _is_file(root: Path, path: str) -> bool:
    return not path.startswith("..") and (root / path).is_file()


def _text(root: Path, path: str, generated: dict[str, str]) -> str:
    if path in generated:
        return generated[path]
    return (root / path).read_text("utf-8") if path.endswith(".md") else ""
