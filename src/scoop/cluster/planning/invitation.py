"""What an agent is told, and what it answers.

An invitation is two lengths, a JSON text, and the program's files: on the agent's standard input, or in a file for
machines that join by themselves. It is secret: it holds a private key. Anyone who can read it can join the run, and
run code on all its machines. So only its owner can read a file that holds one. The file appears complete, and is
removed when the run ends. If a killed run has left one, the next run replaces it; any other file of that name is left
alone.

An answer is one marked line, among lines that startup scripts and tasks print:

    \\x1escoop {"host": "node2", "kind": "joined", ...}

Both hold the versions of Python and SCOOP: machines of one run must have the same.
"""

import json
import os
import stat
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import BinaryIO, NamedTuple

from ...engine.process.limits import Limits
from ...machine.program import Program
from ..lines.transport import Terms
from .files import ProgramFiles
from .hosts import HostsError

__all__ = [
    "LEAVE",
    "MARK",
    "Answer",
    "Invitation",
    "check_invitation_file",
    "disagreement",
    "encode",
    "fetch",
    "mark",
    "post",
    "python_version",
    "read_invitation",
    "read_mark",
    "scoop_version",
]

MARK = b"\x1escoop "
LEAVE = b"leave\n"  # behind the invitation: this machine is to leave the run

_HEADER = struct.Struct("!8sQQ")  # a magic word, and the lengths of the two parts
_MAGIC = b"scoop-1\n"
_LONGEST_PART = 1 << 30


class Invitation(NamedTuple):
    """What an agent is to do; without terms, program and files it is only to say what its host has."""

    workers: Mapping[str, int | None]  # by host; None is one for each processor. Empty in a file, for any host
    python: str  # the program's version, which the agent's must equal
    scoop: str  # likewise
    terms: Terms | None = None
    limits: Limits = Limits()
    program: Program | None = None
    files: ProgramFiles | None = None
    folder: str = ""  # where to run; if it is empty, or not there, the agent stays where it starts
    must_be_there: bool = False  # a host without that folder is refused
    environment: Mapping[str, str] = {}  # variables to set
    level: int = 30  # of the log
    nice: int = 0  # added to the niceness
    debug: bool = False
    executor: str | None = None  # the pickle of its initializer, in base 64; None if this is no executor's


class Answer(NamedTuple):
    """What an agent says of itself."""

    host: str  # what the invitation calls its host
    kind: str  # "joined", "refused", "hello" or "pong"
    why: str = ""  # it is refused
    name: str = ""  # what the host calls itself
    python: str = ""
    scoop: str = ""
    cores: int = 0  # that it may use
    workers: int = 0
    machine: str = ""  # what no other machine says of itself; see machine_identity.py
    agent: str = ""  # see Terms


def python_version() -> str:
    """Return the version of Python, as far as pickles depend on it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def scoop_version() -> str:
    try:
        return version("scoop")
    except PackageNotFoundError:  # its folder is on the path, but it is not installed
        return "of no version"


def disagreement(host: str, theirs: tuple[str, str], ours: tuple[str, str], interpreter: str) -> str:
    """Say how the versions (Python's, SCOOP's) on a host differ from ours; return an empty text if they do not."""
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


def encode(invitation: Invitation) -> bytes:
    content = invitation.files.content if invitation.files else b""
    fields = invitation._asdict()
    for name in ("terms", "limits", "program"):
        fields[name] = fields[name] and fields[name]._asdict()
    fields["files"] = invitation.files and invitation.files._asdict() | {"content": None}
    text = json.dumps(fields).encode()
    return _HEADER.pack(_MAGIC, len(text), len(content)) + text + content


def read_invitation(file: BinaryIO) -> Invitation:
    """Return the invitation that ``file`` begins with. Raises ValueError for any other data."""
    text, content = _lengths(file)
    fields = json.loads(file.read(text))
    try:
        if fields["program"] is not None:
            fields["program"]["args"] = tuple(fields["program"]["args"])
        if fields["files"] is not None:
            fields["files"]["content"] = file.read(content)
        for name, made in (("terms", Terms), ("limits", Limits), ("program", Program), ("files", ProgramFiles)):
            fields[name] = fields[name] and made(**fields[name])
        return Invitation(**fields)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"this is no invitation: {problem}") from None


def _lengths(file: BinaryIO) -> tuple[int, int]:
    header = file.read(_HEADER.size)
    magic, text, content = _HEADER.unpack(header) if len(header) == _HEADER.size else (b"", 0, 0)
    if magic != _MAGIC or max(text, content) > _LONGEST_PART:
        raise ValueError("this is no invitation")
    return text, content


def mark(answer: Answer) -> bytes:
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


def check_invitation_file(path: str) -> None:
    """Raise HostsError if no invitation can be written there."""
    folder = os.path.dirname(path) or "."
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise HostsError(f"--invite {path}: {folder!r} is no folder that you may write to") from None
        return
    except OSError as problem:
        raise HostsError(f"--invite {path}: {problem.strerror}") from None
    if not (stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid() and _is_invitation(path)):
        raise HostsError(f"--invite {path}: there is something else by that name; remove it, or name another file")


def post(path: str, invitation: bytes) -> Callable[[], None]:
    """Write an encoded invitation to a file that only its owner can read; return a function that removes the file.

    Raises HostsError if something else is there, OSError if the file cannot be written.
    """
    check_invitation_file(path)
    folder, name = os.path.split(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=folder or ".")
    try:
        with open(descriptor, "wb") as file:
            ours = os.fstat(descriptor).st_ino
            file.write(invitation)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise

    def remove() -> None:
        try:
            if os.lstat(path).st_ino == ours:  # otherwise another run has replaced it
                os.unlink(path)
        except OSError:
            pass  # another process has removed it

    return remove


def fetch(path: str) -> Invitation:
    """Return the invitation in a file. Raises HostsError if there is none."""
    try:
        with open(path, "rb") as file:
            return read_invitation(file)
    except FileNotFoundError:
        raise HostsError(
            f"there is no invitation {path!r}: the run has ended, or has not begun, or was started without --invite"
        ) from None
    except OSError as problem:
        raise HostsError(f"cannot read the invitation {path!r}: {problem.strerror}") from None
    except ValueError:
        raise HostsError(
            f"{path!r} is no invitation to a run of this SCOOP: name the file that the run was given with --invite"
        ) from None


def _is_invitation(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            _lengths(file)
    except (OSError, ValueError):
        return False
    return True
