"""``scoop kernel``: a kernel for Jupyter whose cells have workers, and its installation.

The kernel is that of IPython, in a process that calls ``scoop.start()`` before the first cell. The cells are the main
module, so what they define travels by value; and what tasks print is shown below the cell.
"""

import argparse
import atexit
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from ..engine.stealing.recycling import flush_streams
from ..session import start
from .parsing.parser import Parser

__all__ = ["kernel"]

_MISSING = "scoop: a kernel needs ipykernel and jupyter_client: in a clone, pip install '.[notebooks]'"


def kernel(parser: Parser, options: argparse.Namespace, rest: list[str]) -> int:
    """Install the kernel, or be one, which gets the ``rest`` of the words; return the exit status."""
    if not (_is_there("ipykernel") and _is_there("jupyter_client")):
        print(_MISSING, file=sys.stderr)
        return 2
    if options.install:
        if rest:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        return _install(options)
    if options.connection_file is None:
        parser.error("--install makes the kernel known to Jupyter, which then starts it")
    return _serve(["-f", options.connection_file, *rest], options.n)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # it is hidden
        return False


def _install(options: argparse.Namespace) -> int:
    from jupyter_client.kernelspec import KernelSpecManager

    with TemporaryDirectory() as folder:
        (Path(folder) / "kernel.json").write_text(json.dumps(_spec(options.n), indent=1))
        prefix = sys.prefix if options.sys_prefix else None
        place = KernelSpecManager().install_kernel_spec(folder, "scoop", user=prefix is None, prefix=prefix)
    print(f"Jupyter has the kernel Python (SCOOP) from now on: {place}")
    return 0


def _spec(workers: int | None) -> dict[str, Any]:
    size = [] if workers is None else ["-n", str(workers)]
    return {
        "argv": [sys.executable, "-m", "scoop", "kernel", *size, "-f", "{connection_file}"],
        "display_name": "Python (SCOOP)",
        "language": "python",
        "metadata": {"debugger": True},
    }


def _serve(words: list[str], workers: int | None) -> NoReturn:
    """Be a kernel until Jupyter ends it; then end this process, and with it what its tasks still do."""
    from ipykernel.kernelapp import IPKernelApp

    app: Any = IPKernelApp.instance()
    app.initialize(words)  # first: the module of the cells is the main module from here on
    start(workers)
    app.start()
    atexit._run_exitfuncs()
    flush_streams()
    os._exit(0)  # else Python would wait for all that was submitted
