"""``python -m scoop``, and the command ``scoop``."""

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
    # Nothing that is made while modules are imported is garbage, and they stay: so the collector need not look at
    # them, now or later. A sixth of the time of a short run; and workers do not copy pages that only it would touch.
    collects = gc.isenabled()
    gc.disable()
    from scoop.cli.command import main

    gc.freeze()
    if collects:
        gc.enable()
    return main()


if __name__ == "__main__":
    sys.exit(_main())
