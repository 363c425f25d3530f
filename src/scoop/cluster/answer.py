"""What an agent says of itself, pure: one marked line, among lines that startup scripts and tasks print.

    \\x1escoop {"host": "node2", "kind": "joined", ...}

It holds the versions of Python and SCOOP there: machines of one run must have the same.
"""

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

__all__ = ["MARK", "Answer", "disagreement", "mark", "python_version", "read_mark", "scoop_version"]

MARK = b"\x1escoop "


class Answer(NamedTuple):
    """What an agent says of itself.

    Parameters:
        host: what the invitation calls its host.
        kind: ``"joined"``, ``"refused"``, ``"hello"`` or ``"pong"``.
        why: the reason of a refusal.
        name: what the host calls itself.
        python, scoop: the versions there.
        cores: processors that it may use.
        workers: how many it has.
    """

    host: str
    kind: str
    why: str = ""
    name: str = ""
    python: str = ""
    scoop: str = ""
    cores: int = 0
    workers: int = 0


def mark(answer: Answer) -> bytes:
    """Return the answer as a line."""
    return MARK + json.dumps(answer._asdict()).encode() + b"\n"


def read_mark(line: bytes) -> Answer | None:
    """Return the answer that the line holds, if any; skip text before the mark, which a startup script may print."""
    _, found, text = line.partition(MARK)
    if not found:
        return None
    try:
        return Answer(**json.loads(text))
    except (ValueError, TypeError):
        return None


def python_version() -> str:
    """Return the version of Python, as far as pickles depend on it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def scoop_version() -> str:
    """Return the version of SCOOP."""
    try:
        return version("scoop")
    except PackageNotFoundError:  # its folder is on the path, but it is not installed
        return "of no version"


def disagreement(host: str, theirs: tuple[str, str], ours: tuple[str, str], interpreter: str) -> str:
    """Say how the versions on a host differ from those of the program; return an empty text if they do not.

    Parameters:
        theirs, ours: the versions of Python and of SCOOP, on the host and in the program.
        interpreter: the one on the host.
    """
    if theirs[0] != ours[0]:
        return (
            f"{host} has Python {theirs[0]} ({interpreter}), the program runs on {ours[0]}, and pickles need the "
            "same version on both: name another interpreter with --python-interpreter"
        )
    if theirs[1] != ours[1]:
        return (
            f"{host} has SCOOP {theirs[1]} ({interpreter}), the program runs on {ours[1]}: install the same there, "
            "or name another interpreter with --python-interpreter"
        )
    return ""
