"""Which Python and which SCOOP this is; machines of one run must have the same."""

import sys
from importlib.metadata import PackageNotFoundError, version

__all__ = ["disagreement", "python_version", "scoop_version"]


def python_version() -> str:
    """Return the version of Python as far as pickles depend on it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def scoop_version() -> str:
    """Return the version of SCOOP."""
    try:
        return version("scoop")
    except PackageNotFoundError:  # sources on the path, installed nowhere
        return "of no version"


def disagreement(host: str, theirs: tuple[str, str], ours: tuple[str, str], interpreter: str) -> str:
    """Say how the versions of a host differ from those of the program; nothing if they do not. Pure.

    Parameters:
        theirs, ours: Python's version and SCOOP's, there and in the program.
        interpreter: the one there.
    """
    if theirs[0] != ours[0]:
        return (
            f"{host} has Python {theirs[0]} ({interpreter}), the program runs on {ours[0]}, and what travels between "
            "them must be the same: name another interpreter with --python-interpreter"
        )
    if theirs[1] != ours[1]:
        return (
            f"{host} has SCOOP {theirs[1]} ({interpreter}), the program runs on {ours[1]}: install the same there, "
            "or name another interpreter with --python-interpreter"
        )
    return ""
