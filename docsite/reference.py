"""The reference: the public names of the package, from its source. Nothing of it is imported."""

import ast
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, TypeGuard

from .docstrings import as_markdown

__all__ = ["MODULES", "Name", "calls_page", "public_names"]

MODULES = {
    "scoop.futures": "Tasks and maps. `from scoop import futures`.",
    "scoop.shared": "Constants that every task can read. `from scoop import shared`.",
    "scoop": "What the run is, executors, and workers for a program that runs already. `import scoop`.",
    "scoop.errors": "What can be raised. The page [errors](../errors.md) says of each one what to do.",
}
"""The public modules, in the order of the page, and what each is for."""

_INTRODUCTION = """\
# Calls

Each public name of SCOOP, with its parameters and the errors that it raises. This page is made from the docstrings.

"""

_FOR_MISTAKES = ("**ignored", "**unknown")
"""Parameters that only let a call say what is wrong with a keyword."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.AnnAssign | ast.Assign


class Name(NamedTuple):
    """A public name.

    Parameters:
        name: as a program writes it, with its module.
        definition: where it is defined; None if that is outside of the package.
        text: what its docstring says, or where it comes from.
    """

    name: str
    definition: Definition | None
    text: str


def calls_page(source: Path) -> str:
    """Return the page of all public names, below the folder ``source``."""
    pieces = [_INTRODUCTION]
    for module, purpose in MODULES.items():
        pieces.append(f"## {module}\n\n{purpose}\n\n")
        pieces += [_section(name) for name in public_names(source, module)]
    return "".join(pieces)


def public_names(source: Path, module: str) -> Iterator[Name]:
    """Yield the public names of a module; of the errors, only the classes."""
    for name in _exported(_tree(source, module)):
        if module != "scoop.errors" or (name[0].isupper() and not name.isupper()):
            yield _find(source, module, name, f"{module}.{name}")


def _exported(tree: ast.Module) -> list[str]:
    """Return what ``__all__`` has, and what a module imports when it is first asked for."""
    names: list[str] = []
    for node in tree.body:
        target = _target(node)
        if target == "__all__" and isinstance(node, ast.Assign):
            names += ast.literal_eval(node.value)
        elif target == "_HOMES":
            names += _homes(tree)
    return sorted(set(names), key=lambda name: (name[0].isupper(), name.lower()))


def _homes(tree: ast.Module) -> dict[str, str]:
    """Return the names that a module imports when they are first asked for, and from which module.

    The table of these names is computed, with builtins only: so it is run, and nothing else of the module.
    """
    space: dict[str, dict[str, str]] = {}
    for node in tree.body:
        if (isinstance(node, ast.Assign) and _target(node) == "_HOMES") or _adds_to_homes(node):
            exec(compile(ast.Module([node], []), "", "exec"), space)
    return space.get("_HOMES", {})


def _adds_to_homes(node: ast.stmt) -> bool:
    return isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "_HOMES"


def _find(source: Path, module: str, name: str, shown: str) -> Name:
    """Return the name with its definition, in whatever module of the package that is."""
    tree = _tree(source, module)
    for node, after in zip_longest(tree.body, tree.body[1:]):
        if _defines(node, name):
            return Name(shown, node, ast.get_docstring(node) or "")
        if isinstance(node, ast.Assign | ast.AnnAssign) and _target(node) == name:
            return Name(shown, node, _text_of(after))
        if isinstance(node, ast.If):
            for inner, text in zip_longest(node.body, node.body[1:]):
                if isinstance(inner, ast.AnnAssign) and _target(inner) == name:
                    return Name(shown, inner, _text_of(text))
    home = _home(source, module, tree, name)
    if not home.startswith("scoop"):
        return Name(shown, None, f"The one of the standard library: ``{home}.{name}``.")
    return _find(source, home, name, shown)


def _defines(node: ast.stmt, name: str) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Return whether this is the function or class of that name, and not one of its overloads."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return node.name == name and "overload" not in map(ast.unparse, node.decorator_list)


def _home(source: Path, module: str, tree: ast.Module, name: str) -> str:
    """Return the module that a name is imported from."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and name in (alias.name for alias in node.names):
            if not node.level:
                return node.module or ""
            package = module if _path(source, module).name == "__init__.py" else module.rpartition(".")[0]
            return f"{package.rsplit('.', node.level - 1)[0]}.{node.module}"
    return f"{module}.{_homes(tree)[name]}"


def _section(name: Name) -> str:
    text = as_markdown(name.text)
    shape = _shape(name)
    members = ""
    if isinstance(name.definition, ast.ClassDef):
        members = "".join(map(_member, _public_methods(name.definition)))
    return f"### {name.name}\n\n{shape}{text}\n\n{members}"


def _shape(name: Name) -> str:
    node = name.definition
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _code(signature(node))
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(map(ast.unparse, node.bases))
        fields = [f"    {ast.unparse(field)}" for field in node.body if isinstance(field, ast.AnnAssign)]
        makes = [signature(each, node.name) for each in _methods(node) if each.name == "__init__" and not bases]
        return _code("\n".join([f"class {node.name}({bases}):" if bases else f"class {node.name}:", *fields, *makes]))
    return _code(ast.unparse(node)) if isinstance(node, ast.AnnAssign) else ""


def _member(node: ast.FunctionDef) -> str:
    shape = (
        signature(node) if not _is_property(node) else f"{node.name}: {ast.unparse(node.returns or ast.Name('Any'))}"
    )
    return f"{_code(shape)}{as_markdown(ast.get_docstring(node) or '')}\n\n"


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str = "") -> str:
    """Return how a function is called; on several lines where it has many parameters."""
    arguments = node.args
    drop = [*arguments.posonlyargs, *arguments.args][:1]
    words = [
        _parameter(piece)
        for piece in _split(ast.unparse(arguments))
        if not (drop and piece == drop[0].arg == "self") and not piece.startswith(_FOR_MISTAKES)
    ]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and not name else ""
    line = f"{name or node.name}({', '.join(words)}){returns}"
    if len(line) <= 76:
        return line
    return f"{name or node.name}(\n    " + ",\n    ".join(words) + f",\n){returns}"


def _parameter(text: str) -> str:
    name, colon, rest = text.partition(":")
    kind, equals, default = rest.partition("=")
    return f"{name}:{kind.rstrip()}{' = ' + default.lstrip() if equals else ''}" if colon else text


def _split(text: str) -> list[str]:
    """Split parameters at the commas that no bracket holds."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [piece.strip() for piece in found if piece.strip()]


def _public_methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [each for each in _methods(node) if not each.name.startswith("_") and ast.get_docstring(each)]


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [each for each in node.body if isinstance(each, ast.FunctionDef)]


def _is_property(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(each) == "property" for each in node.decorator_list)


def _code(text: str) -> str:
    return f"```python\n{text}\n```\n\n"


def _text_of(node: ast.stmt | None) -> str:
    """Return the string that stands behind a definition, which says what it is."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return ""


def _target(node: ast.stmt) -> str:
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target)
    return ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _tree(source: Path, module: str) -> ast.Module:
    return ast.parse(_path(source, module).read_text("utf-8"))


def _path(source: Path, module: str) -> Path:
    path = source.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
