"""``scoop examples FOLDER``: copy the examples, which are within the package, to where they can be changed."""

import os
import shutil
import sys

import scoop

__all__ = ["copy_examples"]


def copy_examples(folder: str) -> int:
    """Copy the examples into a new folder; return the exit status."""
    source = _find()
    if source is None:
        return _refuse("this installation has no examples: they are in the folder examples of its source")
    try:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    except FileExistsError:
        return _refuse(f"{folder!r} is there already, and nothing in it was changed: name a new folder")
    except (OSError, shutil.Error) as problem:
        return _refuse(f"the examples cannot be copied to {folder!r}: {problem}")
    print(f"The examples are in {folder}: begin with {os.path.join(folder, 'README.md')}, and try")
    print(f"    python -m scoop -n 2 {os.path.join(folder, 'hello.py')}")
    return 0


def _find() -> str | None:
    """Return the folder of the examples: within an installed package, or beside the source of an editable one."""
    package = os.path.dirname(os.path.abspath(scoop.__file__))
    places = os.path.join(package, "_examples"), os.path.join(package, "..", "..", "examples")
    return next((place for place in places if os.path.isfile(os.path.join(place, "hello.py"))), None)


def _refuse(reason: str) -> int:
    print(f"scoop: {reason}", file=sys.stderr)
    return 2
