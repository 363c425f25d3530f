"""Every link of a page leads to a file of the project, and to a heading that is there."""

from pathlib import Path

import pytest

from docsite.markdown import anchors, links, slug, with_links
from docsite.repository import broken_links, pages, reachable, site_links, site_page

ROOT = Path(__file__).resolve().parent.parent.parent


def test_no_link_of_the_documentation_is_broken() -> None:
    paths = [path for path in reachable(ROOT, {}) if path.endswith(".md")]
    assert set(pages(ROOT)) < set(paths)
    assert [problem for path in paths for problem in broken_links(ROOT, path, {})] == []


def test_a_link_to_no_file_and_one_to_no_heading_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\n[one](b.md), [two](#a), [three](#b), [four](https://example.org)\n")
    assert [*broken_links(tmp_path, "a.md", {})] == ["a.md: no file b.md", "a.md: no heading #b in a.md"]


def test_links_in_code_are_none() -> None:
    text = "`[a](b.md)`\n\n    [a](c.md)\n\n```text\n[a](d.md)\n```\n[a](e.md)\n"
    assert links(text) == ["e.md"]
    assert with_links(text, lambda _: "f.md") == text.replace("e.md", "f.md")


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What it costs", "what-it-costs"),
        ("`--invite FILE`, and `scoop`", "--invite-file-and-scoop"),
        ("Home and away: both", "home-and-away-both"),
        ("[A link](a.md)", "a-link"),
    ],
)
def test_a_heading_has_the_anchor_that_code_hosts_give_it(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor
    assert anchors(f"# {heading}\n\n## {heading}\n") == {anchor, f"{anchor}-1"}


def test_a_link_is_rewritten_for_the_site() -> None:
    assert site_page("README.md") == "index.md"
    assert site_links("README.md", "[a](docs/start.md#install)") == "[a](start.md#install)"
    assert site_links("docs/start.md", "[a](../examples/README.md)") == "[a](repository/examples/README.md)"
    assert site_links("docs/start.md", "[a](../examples/tree.py)") == "[a](repository/examples/tree.py.md)"
    assert site_links("docs/start.md", "[a](tasks.md)") == "[a](tasks.md)"
