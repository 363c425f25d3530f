"""``python -m scoop``, and the command ``scoop``."""

import _signal  # type: ignore[import-not-found]  # without what signal imports, so as to be soon enough
import gc
import os
import sys

__all__ = ["console"]


def console() -> int:
    """Be the command ``scoop``: as ``python -m scoop``, which finds modules in the folder where it starts."""
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd()
    return _main()


def _main() -> int:
    if sys.platform == "win32":
        from scoop.errors import ON_WINDOWS

        sys.exit(f"scoop: {ON_WINDOWS}")
    # Until the program runs, Ctrl-C ends the process without a word: a traceback would show none but our own frames.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    # Nothing that is made while modules are imported is garbage, and they stay: so the collector need not look at
    # them, now or later. A sixth of the time of a short run; and workers do not copy pages that only it would touch.
    collects = gc.isenabled()
    gc.disable()
    from scoop.cli.commands import find_command

    run = find_command(sys.argv[1:])
    gc.freeze()
    if collects:
        gc.enable()
    return run()


if __name__ == "__main__":
    sys.exit(_main())
