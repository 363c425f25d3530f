"""Where a script begins to do what its import does not: at its guards, such as ``if __name__ == "__main__":``.

The origin runs the script with two calls more: one before each guard, which notes what the import of the script has
given by then, and one behind it, if anything follows. Workers import it as it is.
"""

import ast
import warnings
from collections.abc import Iterable
from types import CodeType

from ..wire.main_classes import note_classes
from ..wire.main_module import note_end_of_guard, note_import

__all__ = ["GUARDING_NAMES", "compile_noting_guards", "enter_guard", "leave_guard"]

GUARDING_NAMES = ("__name__", "IS_ORIGIN")
"""What guards ask for."""

_mentioned: set[str] = set()


def compile_noting_guards(source: str | bytes, filename: str) -> CodeType:
    """Return the code of a script that notes what its import gives. Raises what ``compile`` does."""
    plain = compile(source, filename, "exec", dont_inherit=True)
    if not any(name in plain.co_names for name in GUARDING_NAMES):
        return plain
    _mentioned.update(name for code in plain.co_consts if isinstance(code, CodeType) for name in _names_in(code))
    try:
        with warnings.catch_warnings(action="ignore"):  # each was given by now
            tree = ast.parse(source, filename)
            tree.body, _ = _mark(tree.body)
            return compile(tree, filename, "exec", dont_inherit=True)
    except (RecursionError, MemoryError):  # a chain of a thousand branches
        return plain


def enter_guard(*own: str) -> None:
    """Note what the import gives: called by the script. It binds names that are ``own`` in both branches."""
    note_import(_mentioned, own)
    note_classes(_mentioned)


def leave_guard() -> None:
    """Note that a guard has ended: called by the script."""
    note_end_of_guard()


def _mark(statements: list[ast.stmt]) -> tuple[list[ast.stmt], bool]:
    """Return the statements with calls around each guard, and whether the last of these is still open.

    A guard ends where the next statement begins, so that a debugger stops nowhere else. Functions and classes are
    left as they are.
    """
    marked: list[ast.stmt] = []
    is_open = False
    for statement in statements:
        if is_open:
            marked.append(_call("leave_guard", [], statement))
        is_open = _is_guard(statement)
        if is_open:
            own = _bound_in(getattr(statement, "body", ())) & _bound_in(getattr(statement, "orelse", ()))
            marked.append(_call("enter_guard", sorted(own), statement))
        else:
            is_open = _mark_within(statement)
        marked.append(statement)
    return marked, is_open


def _mark_within(statement: ast.AST) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    is_open = False
    for field in ("body", "orelse", "finalbody"):
        if nested := getattr(statement, field, None):
            marked, ends_open = _mark(nested)
            setattr(statement, field, marked)
            is_open = is_open or ends_open
    return any([is_open, *(_mark_within(handler) for handler in getattr(statement, "handlers", ()))])


def _is_guard(statement: ast.stmt) -> bool:
    """Whether a statement does something only if one of the names says so."""
    if isinstance(statement, ast.If):
        return _asks(statement.test)
    nodes = ast.walk(statement) if isinstance(statement, ast.Expr) else ()
    return any(isinstance(node, ast.BoolOp | ast.IfExp) and _asks(node) for node in nodes)


def _asks(tree: ast.AST) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in GUARDING_NAMES)
        or (isinstance(node, ast.Attribute) and node.attr == "IS_ORIGIN")
        for node in ast.walk(tree)
    )


def _bound_in(statements: Iterable[ast.stmt]) -> set[str]:
    """Return the names that statements bind in their module, and some that they bind elsewhere."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return names | {node.asname or node.name.partition(".")[0] for node in nodes if isinstance(node, ast.alias)}


def _call(function: str, words: list[str], before: ast.stmt) -> ast.stmt:
    """Return a statement that calls a function of this file. It binds no name, and no debugger follows the call."""
    sys = "__import__('sys')"
    source = f"__import__({__name__!r}, fromlist=('*',)).{function}(*{words!r})"
    call = ast.parse(f"{sys}.settrace(({sys}.gettrace(), {sys}.settrace(None), {source})[0])").body[0]
    first: ast.AST = next(iter(getattr(before, "decorator_list", ())), before)
    for node in ast.walk(call):  # in the line of what follows, so that a debugger has no other line to show
        if isinstance(node, ast.expr | ast.stmt):
            ast.copy_location(node, first)
            node.end_lineno = node.lineno
    return call


def _names_in(code: CodeType) -> list[str]:
    nested = [each for each in code.co_consts if isinstance(each, CodeType)]
    return [*code.co_names, *(name for each in nested for name in _names_in(each))]
