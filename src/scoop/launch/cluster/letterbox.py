"""An invitation in a file: with it other machines may join a run while it goes on.

Who can read the file can join, and run what he likes on all machines: so it is its owner's alone. It appears as a
whole, and goes with the run. One that a killed run has left is replaced; anything else by that name is left alone.
"""

import os
import stat
import tempfile
from collections.abc import Callable

from .hosts import HostsError
from .invitation import HEADER, Invitation, decode, lengths

__all__ = ["check", "fetch", "post"]


def check(path: str) -> None:
    """Raise HostsError if no invitation can be left there."""
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


def post(path: str, letter: bytes) -> Callable[[], None]:
    """Write an invitation, as bytes, to a file that only its owner can read; return what removes it.

    Raises HostsError if something else is there, OSError if it cannot be written.
    """
    check(path)
    folder, name = os.path.split(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=folder or ".")
    try:
        with open(descriptor, "wb") as file:
            ours = os.fstat(descriptor).st_ino
            file.write(letter)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise

    def remove() -> None:
        try:
            if os.lstat(path).st_ino == ours:  # else another run has replaced it
                os.unlink(path)
        except OSError:
            pass  # somebody else has removed it

    return remove


def fetch(path: str) -> Invitation:
    """Return the invitation in a file. Raises HostsError if there is none."""
    try:
        with open(path, "rb") as file:
            text, content = lengths(file.read(HEADER.size))
            return decode(file.read(text), file.read(content))
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
            lengths(file.read(HEADER.size))
    except (OSError, ValueError):
        return False
    return True
