"""Which page of docs/ stands where in the site.

A page that does not exist yet is left out, and a page that is not named here stands among those that say how to do
something. So a page can be added, and the site built, without a change here.
"""

from collections.abc import Collection, Sequence

__all__ = ["SECTIONS", "navigation"]

SECTIONS: dict[str, Sequence[str]] = {
    "Start": ["start.md", "tutorial.md"],
    "How to": [
        "executor.md",
        "notebooks.md",
        "asyncio.md",
        "libraries.md",
        "deap.md",
        "trees.md",
        "graphs.md",
        "data.md",
        "stopping.md",
        "limits.md",
        "resources.md",
        "randomness.md",
        "debugging.md",
        "looking-inside.md",
        "progress.md",
        "traces.md",
        "testing.md",
        "typing.md",
        "clusters.md",
        "submit.md",
        "other-clusters.md",
        "moving.md",
        "from_0_7.md",
    ],
    "Reference": [
        "reference/calls.md",
        "options.md",
        "reference/options.md",
        "tasks.md",
        "errors.md",
        "messages.md",
        "security.md",
    ],
    "How it works": ["pictures.md", "benchmarks.md", "architecture.md", "internals.md"],
}
"""The pages of each section, in the order in which to read them."""

_FIRST, _OTHERS = "index.md", "How to"


def navigation(pages: Collection[str]) -> list[dict[str, str | list[str]]]:
    """Return the navigation over the pages that exist, as mkdocs wants it."""
    named = {_FIRST, *(page for section in SECTIONS.values() for page in section)}
    unnamed = sorted(set(pages) - named)
    found: list[dict[str, str | list[str]]] = [{"SCOOP": _FIRST}]
    for title, section in SECTIONS.items():
        here = [page for page in section if page in pages] + (unnamed if title == _OTHERS else [])
        found.append({title: here})
    return found
