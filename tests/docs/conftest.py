"""The project's root is on the path here: what makes the site is no part of the package."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

sys.path.insert(0, str(ROOT))
