"""``python -m scoop``, and the command ``scoop``."""

import os
import sys

from scoop.launch.command import main

__all__ = ["console"]


def console() -> int:
    """Be the command ``scoop``: as ``python -m scoop``, which finds modules in the folder where it starts."""
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd()
    return main()


if __name__ == "__main__":
    sys.exit(main())
