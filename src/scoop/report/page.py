"""A report as one HTML file that needs nothing else: what was found is in it as JSON, and a script draws that."""

import json
from importlib.resources import files
from typing import Any

__all__ = ["page"]

_PLACE = "/*DATA*/null"


def page(found: dict[str, Any], timeline: dict[str, Any]) -> str:
    """Return the page for what ``summary`` and ``timeline`` have found."""
    template = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    data = json.dumps({**found, "timeline": timeline}, separators=(",", ":"))
    return template.replace(_PLACE, data.replace("<", "\\u003c"), 1)
