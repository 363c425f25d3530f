"""``python -m scoop``."""

import sys

from scoop.launch.command import main

if __name__ == "__main__":
    sys.exit(main())
