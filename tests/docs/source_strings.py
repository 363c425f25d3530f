"""The texts in the source of the package, for a look whether a page quotes them as they are."""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

__all__ = ["ANYTHING", "is_quoted", "raised", "strings", "warned"]

ANYTHING = "…"
"""What a page writes for a part that differs from case to case."""

_PLACEHOLDER = re.compile(r"%[sdr]|%\.0f|\{[^{}]*\}")


def strings(source: Path) -> list[str]:
    """Return all texts of the files below ``source``, with ANYTHING in place of what is put in."""
    found: list[str] = []
    for path in source.rglob("*.py"):
        found += map(_text, _literals(ast.parse(path.read_text("utf-8"))))
    return found


def warned(source: Path) -> list[str]:
    """Return what the files below ``source`` log as warnings and errors, or warn of."""
    return [text for name, text in _given(source) if name in ("warn", "warning", "error", "exception")]


def raised(source: Path, errors: Collection[str]) -> list[str]:
    """Return the texts of the exceptions of these names which the files below ``source`` make."""
    return [text for name, text in _given(source) if name in errors]


def is_quoted(quotation: str, texts: list[str]) -> bool:
    """Return whether one of the texts has all parts of a quotation, in their order."""
    parts = quotation.strip().split(ANYTHING)
    pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    longest = max(parts, key=len)
    return any(longest in text and pattern.search(text) for text in texts)


def _given(source: Path) -> Iterator[tuple[str, str]]:
    """Yield the names of all calls whose first argument is a text, and that text."""
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and (texts := [*_literals(node.args[0])]):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield name, _text(texts[0])


def _literals(tree: ast.AST) -> Iterator[ast.JoinedStr | ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node


def _text(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return _PLACEHOLDER.sub(ANYTHING, str(node.value))
    pieces = (str(piece.value) if isinstance(piece, ast.Constant) else ANYTHING for piece in node.values)
    return "".join(pieces)
