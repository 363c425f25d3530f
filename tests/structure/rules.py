"""The rules of the house that no other tool checks: `python tests/structure/rules.py` prints what breaks one.

no circle       no file imports itself by way of others, imports in functions and under TYPE_CHECKING included
locks           a function that takes a lock of the engine's or of a map's is marked as indivisible: what the garbage
                collector runs within it may not wait
private names   no file uses a private name of a class or module of another file
length          no file of the package has more than 400 lines
test names      no test has a name of more than 70 characters
words           no private metaphor stands in the package: a reader from outside should know every word

Which layer may import which other one is checked by import-linter: see pyproject.toml.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

__all__ = ["Source", "find_problems", "main", "read_sources"]

MOST_LINES = 400

WITH_LOCKS = ("src/scoop/engine/", "src/scoop/maps/", "src/scoop/wire/")
"""The folders whose code the program's own code may stop at any point."""

MOST_CHARACTERS = 70
"""In the name of a test."""

METAPHORS = re.compile(
    r"(appetite|board|breeder|bury|buried|cargo|chore|crew|deputy|deputies|envoy|errand|homebound|hunger|"
    r"hungry|junction|knot|ledger|letterbox|obituaries|obituary|outpost|parcel|sated|station|stillborn|"
    r"sweep)s?"
)
"""Words that SCOOP once had for things which have a name in every book; common plurals are found too."""

ALLOWED = re.compile(r"sweep_tuning")
"""Names of files that may be named."""

LIBRARY_NAMES = {
    "_args_from_interpreter_flags",
    "_asdict",
    "_current_frames",
    "_exit",
    "_fields",
    "_getframe",
    "_is_gil_enabled",
    "_make",
    "_register_atexit",
    "_replace",
    "_run_exitfuncs",
    "_shutdown",
    "_xoptions",
}
"""Names of the standard library: nearly all are documented, and private by their spelling alone."""


class Source(NamedTuple):
    """One file.

    Parameters:
        path: where it is, below the root.
        module: its name, as it is imported; empty for what is no module of the package.
        text: its content.
    """

    path: str
    module: str
    text: str

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]


def read_sources(root: Path) -> list[Source]:
    """Return the files of the package, and of its tests, below ``root``."""
    found = []
    for folder in ("src", "tests"):
        for path in sorted([*(root / folder).rglob("*.py"), *(root / folder).rglob("*.md")]):
            name = str(path.relative_to(root))
            found.append(Source(name, _module_name(name), path.read_text()))
    return found


def find_problems(sources: list[Source]) -> Iterator[str]:
    """Yield what breaks a rule, and where."""
    ours = [source for source in sources if source.path.startswith("src/")]
    trees = {source: ast.parse(source.text) for source in sources if source.path.endswith(".py")}
    yield from _circles({source: tree for source, tree in trees.items() if source.module})
    for source, tree in trees.items():
        yield from _private_names(source, tree) if source in ours else _long_test_names(source, tree)
    for source in ours:
        if source in trees and source.path.startswith(WITH_LOCKS):
            yield from _locks(source, trees[source])
        yield from _too_long(source)
        yield from _metaphors(source)


# -- the rules, one function each -----------------------------------------------------------------------------------


def _circles(trees: Mapping[Source, ast.Module]) -> Iterator[str]:
    modules = {source.module for source in trees}
    graph = {source.module: _imports(source, tree, modules) for source, tree in trees.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        yield f"these import each other in a circle: {' > '.join(problem.args[1])}"


def _private_names(source: Source, tree: ast.Module) -> Iterator[str]:
    defined = {*_defined_names(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            if node.attr not in defined and not _is_own(node):
                yield f"{source.path}:{node.lineno}: {node.attr} is private to another file"
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("scoop")):
            for alias in node.names:
                if _is_private(alias.name) and not _is_module(source, node, alias.name):
                    yield f"{source.path}:{node.lineno}: {alias.name} is private to another file"


def _too_long(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if source.path.endswith(".py") and lines > MOST_LINES:
        yield f"{source.path}: {lines} lines, {lines - MOST_LINES} more than a file may have"


def _locks(source: Source, tree: ast.Module) -> Iterator[str]:
    locks = {
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in ("Lock()", "RLock()")
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or "indivisible" in map(ast.unparse, function.decorator_list):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.With) and locks & {ast.unparse(item.context_expr) for item in node.items}:
                yield f"{source.path}:{node.lineno}: {function.name}() takes a lock, and is not marked @indivisible"


def _long_test_names(source: Source, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and len(node.name) > MOST_CHARACTERS:
            yield f"{source.path}:{node.lineno}: a test's name of {len(node.name)} characters: {node.name}"


def _metaphors(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        for word in _words_of(ALLOWED.sub("", line)):
            if METAPHORS.fullmatch(word):
                yield f"{source.path}:{number}: {word!r} is a metaphor: say it in words that people know"


# -- what the rules need --------------------------------------------------------------------------------------------


def _module_name(path: str) -> str:
    if not (path.startswith("src/") and path.endswith(".py")):
        return ""
    return path[len("src/") : -len(".py")].replace("/", ".").removesuffix(".__init__")


def _imports(source: Source, tree: ast.Module, modules: set[str]) -> set[str]:
    """Return the modules of the package that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(source, node)
            names = (f"{base}.{alias.name}" for alias in node.names)
            found.update(name if name in modules else base for name in names)
    return (found & modules) - {source.module}


def _base(source: Source, node: ast.ImportFrom) -> str:
    """Return the module that a ``from`` names."""
    parts = source.package.split(".")
    up = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*up, *([node.module] if node.module else [])])


def _defined_names(tree: ast.Module) -> Iterator[str]:
    """Yield all names that a file gives to functions, classes, variables, and attributes of ``self`` and ``cls``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_own(node):
            yield node.attr


def _is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in LIBRARY_NAMES


def _is_module(source: Source, node: ast.ImportFrom, name: str) -> bool:
    return name == "_types" and _base(source, node) == "scoop"


def _words_of(line: str) -> Iterator[str]:
    """Yield the words of a line in lower case; identifiers are taken apart: ``OneWord``, ``one_word``."""
    for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", line):
        yield word.lower()


def main() -> int:
    """Print what breaks a rule; return the exit status."""
    problems = [*find_problems(read_sources(Path(__file__).parents[2]))]
    for problem in problems:
        print(problem)
    print(f"{len(problems)} places break a rule of the house" if problems else "The rules of the house are kept")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
