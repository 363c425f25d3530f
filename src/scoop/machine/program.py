"""The user's program: the origin runs it as ``__main__``, workers import it under another name.

In the origin everything is as under plain python: ``sys.argv``, ``sys.path``, ``__main__``, tracebacks, debuggers.
"""

import builtins
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, cast
from zipimport import ZipImportError, zipimporter

import scoop

from ..engine.process.tracebacks import without_our_frames
from ..errors import ScoopError
from ..wire.codec import pickle_main_by_value
from ..wire.main_module import MAIN_ALIAS, note_import
from .guards import GUARDING_NAMES, compile_noting_guards

__all__ = ["CannotStart", "Program", "find_tool"]


Compile = Callable[[str | bytes, str], CodeType]
"""Makes code of the source of a script, given the name of its file."""


class CannotStart(ScoopError):
    """The run cannot start as the command line asks; the message says why, in one line."""

    code = ""  # it is printed with that of a refusal


class Program(NamedTuple):
    """What to run."""

    kind: str  # "script", "module", "code", "input" (code from standard input) or "session"
    name: str  # the path, the module's name, or the code
    args: tuple[str, ...] = ()
    folder: str = ""  # what a script's path is relative to, even after the program has changed folder

    def seems_guarded(self) -> bool:
        """Return whether the program's top level looks as if it does less when imported than when run."""
        try:
            if self.kind == "script":
                code = self._script(_plainly)[0]()
            elif self.kind == "module":
                spec, code = _find(self.name)
                if _is_tool(spec, code):
                    return True  # workers do not import it either
            else:
                return True  # workers do not import it
        except (ScoopError, SyntaxError, OSError, ValueError):
            return True  # running it will show the error
        return _seems_guarded(code)

    def is_tool(self) -> bool:
        """Return whether it is a module that workers do not import, since it is a program that runs other code."""
        try:
            return self.kind == "module" and _is_tool(*_find(self.name))
        except CannotStart:
            return True

    def prepare(self) -> Callable[[], None]:
        """Set ``sys.argv``, ``sys.path`` and ``__main__`` for the program; return a function that runs it.

        Runs none of the user's code yet. Raises CannotStart if there is no such program; if it is a module, the
        returned function raises it.
        """
        if self.kind == "script":
            return self._prepare_script()
        if self.kind == "module":
            sys.argv[:] = ["-m", *self.args]
            return self._run_module
        pickle_main_by_value()  # workers cannot import a program that has no file
        _set_first_path("")
        if self.kind == "session":
            sys.argv[:] = [""]
            main = _new_main()
            return lambda: _interact(main)
        filename, names, sys.argv[:] = "<string>", {}, ["-c", *self.args]
        if self.kind == "input":
            filename, names, sys.argv[:] = "<stdin>", {"__file__": "<stdin>"}, self.args or [""]
        main = _new_main(**names)
        return lambda: exec(compile(self.name, filename, "exec", dont_inherit=True), main.__dict__)

    def import_in_worker(self) -> None:
        """Import the program under another name, so that functions and classes pickled by name are found."""
        if self.kind == "script":
            compiled, names = self._script(_plainly)
            code = compiled()
        elif self.kind == "module":
            spec, code = _find(self.name)
            sys.argv[0] = spec.origin or self.name
            if _is_tool(spec, code):
                pickle_main_by_value()
                return
            names = _module_names(spec)
        else:
            return
        main = ModuleType(MAIN_ALIAS)
        main.__dict__.update(names, __builtins__=builtins)
        sys.modules["__main__"] = sys.modules[MAIN_ALIAS] = main
        exec(code, main.__dict__)
        main.__name__ = "__main__"  # its guards have been passed: tasks find the name that it has in the program
        _rename(main.__dict__)
        _rename_loggers()
        note_import()

    def _path(self) -> str:
        path = os.path.join(self.folder, self.name)
        return os.path.join(path, "__main__.py") if os.path.isdir(path) else path

    def _script(self, compiled: Compile) -> tuple[Callable[[], CodeType], dict[str, Any]]:
        """Return what compiles the script, with a call of ``compiled``, and the names that it starts with."""
        path = self._path()
        if (archive := _open_archive(path)) is not None:
            spec = archive.find_spec("__main__")
            if spec is None:
                raise CannotStart(f"{self.name!r} is an archive, and has no __main__.py to run")
            return partial(_code_of, spec, compiled), _module_names(spec)
        loader = SourceFileLoader("__main__", path)
        names: dict[str, Any] = {"__file__": path, "__cached__": None, "__loader__": loader}
        if path != os.path.join(self.folder, self.name):
            names |= {"__spec__": ModuleSpec("__main__", loader, origin=path), "__package__": ""}
        return partial(_compile_file, path, compiled), names

    def _prepare_script(self) -> Callable[[], None]:
        path, named = self._path(), os.path.join(self.folder, self.name)
        try:
            with open(path, "rb"):
                pass
        except OSError as problem:
            no_main = f"{self.name!r} is a folder, and has no __main__.py to run; name a script in it"
            no_file = f"can't open file {self.name!r}: {problem.strerror}"
            raise CannotStart(no_file if path == named else no_main) from None
        sys.argv[:] = [self.name, *self.args]
        is_file = path == named and _open_archive(path) is None
        _set_first_path(os.path.dirname(os.path.realpath(path)) if is_file else named)
        compiled, names = self._script(compile_noting_guards)
        main = _new_main(**names)
        return lambda: exec(compiled(), main.__dict__)

    def _run_module(self) -> None:
        spec, code = _find(self.name)  # not earlier: it imports packages around the module, which is user's code
        if _is_tool(spec, code):
            pickle_main_by_value()
        else:
            code = _code_of(spec, compile_noting_guards)
        sys.argv[0] = spec.origin or self.name
        exec(code, _new_main(**_module_names(spec)).__dict__)


def _set_first_path(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _new_main(**names: Any) -> ModuleType:
    main = ModuleType("__main__")
    main.__dict__.update(names, __builtins__=builtins)
    sys.modules["__scoop_launcher__"] = sys.modules["__main__"]  # so that its globals stay alive
    sys.modules["__main__"] = sys.modules[MAIN_ALIAS] = main
    return main


def _rename(namespace: Mapping[str, Any]) -> None:
    """Have the program's functions and classes pickled and shown as ``__main__``'s, as they are in the origin."""
    for thing in list(namespace.values()):
        kind = type(thing)  # an object may pretend to be of another
        if issubclass(kind, (FunctionType, type)) and thing.__module__ == MAIN_ALIAS:
            thing.__module__ = "__main__"
            if issubclass(kind, type):
                _rename(vars(thing))


def _rename_loggers() -> None:
    """Have what the import got by ``getLogger(__name__)`` heed the levels of the program's, and log by its name."""
    loggers = logging.root.manager.loggerDict
    for name in [name for name in loggers if name.partition(".")[0] == MAIN_ALIAS]:
        logger: Any = loggers.pop(name)
        logger.name = "__main__" + name.removeprefix(MAIN_ALIAS)
        loggers[logger.name] = logger


def _compile_file(path: str, compiled: Compile) -> CodeType:
    with io.open_code(path) as file:
        return compiled(file.read(), path)


def _plainly(source: str | bytes, filename: str) -> CodeType:
    return compile(source, filename, "exec", dont_inherit=True)


def _find(name: str) -> tuple[Any, CodeType]:
    """Return spec and code of what ``-m name`` runs. Raises CannotStart."""
    import importlib.util

    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
            if spec is None:
                raise CannotStart(f"{name!r} is a package, and has no __main__.py to run; name a module in it")
    except (ImportError, ValueError, AttributeError) as problem:
        remedy = "; -m wants a name without .py" if name.endswith(".py") else ""
        raise CannotStart(f"cannot find module {name!r}: {problem}{remedy}") from None
    if spec is None or not hasattr(spec.loader, "get_code"):
        raise CannotStart(f"no module named {name!r} that can be run: see whether its name and the folder are right")
    return spec, _code_of(spec)


def _code_of(spec: Any, compiled: Compile | None = None) -> CodeType:
    """Return the code of a module: what ``compiled`` makes of its source, if there is one, or else as it is kept."""
    code: CodeType | None = spec.loader.get_code(spec.name)
    if code is None:
        raise CannotStart(f"module {spec.name!r} has no Python code to run: it is built in, or compiled")
    source = spec.loader.get_source(spec.name) if compiled and hasattr(spec.loader, "get_source") else None
    return compiled(source, code.co_filename) if compiled and source is not None else code


def _is_tool(spec: Any, code: CodeType) -> bool:
    """Whether a module is a program that runs other code (pdb, unittest), and no worker needs its names.

    It would start in workers too if they imported it. What it runs is ``__main__`` meanwhile, and travels by value.
    """
    import sysconfig

    places = sysconfig.get_paths()
    origin = spec.origin or ""
    if origin.startswith((places["purelib"], places["platlib"])):
        return not _seems_guarded(code)
    return not os.path.isabs(origin) or origin.startswith((places["stdlib"], places["platstdlib"]))


def _seems_guarded(code: CodeType) -> bool:
    return any(name in code.co_names for name in GUARDING_NAMES)


def _open_archive(path: str) -> zipimporter | None:
    try:
        return None if os.path.isdir(path) else zipimporter(path)
    except ZipImportError:
        return None


def find_tool(name: str) -> str | None:
    """Return the path of the Python script that a shell would run by this name; None if there is none."""
    if os.path.exists(name) or os.path.dirname(name):
        return None
    import shutil

    path = shutil.which(name)
    if path is None:
        return None
    with open(path, "rb") as file:
        start = file.read(256)  # pip writes a shell's line before a path that is too long for the system
    return path if start.startswith(b"#!") and b"python" in start else None


def _module_names(spec: Any) -> dict[str, Any]:
    return {
        "__file__": spec.origin,
        "__cached__": spec.cached,
        "__loader__": spec.loader,
        "__package__": spec.parent,
        "__spec__": spec,
    }


def _interact(main: ModuleType) -> None:
    main.__dict__["futures"] = scoop.futures
    try:
        from IPython import start_ipython
    except ImportError:
        pass
    else:
        print(_greeting())
        start_ipython(argv=["--no-banner"], user_ns=main.__dict__)
        return
    import code

    class Console(code.InteractiveConsole):
        def showtraceback(self) -> None:
            without_our_frames(cast(BaseException, sys.exc_info()[1]))
            super().showtraceback()

    Console(main.__dict__).interact(banner=_greeting(), exitmsg="")


def _greeting() -> str:
    workers = "1 worker" if scoop.SIZE == 1 else f"{scoop.SIZE} workers"
    return (
        f"SCOOP {scoop.__version__}, Python {sys.version.split()[0]}, {workers}\n"
        "`futures` is there: list(futures.map(abs, [-1, -2])). What you define works in tasks. Ctrl-D ends."
    )
