"""The program's own Python files, for hosts that do not have them."""

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..program import Program

__all__ = ["MOST_BYTES", "MOST_FILES", "Bundle", "bundle", "is_there", "relocate", "unpack"]

MOST_BYTES = 16 << 20
MOST_FILES = 2000
"""What is sent at most: a program's sources are small, and a folder of thousands of files is not meant."""


class Bundle(NamedTuple):
    """Python files: what they are, and what is in them.

    Parameters:
        folder: where they are on the origin's machine.
        main: the name of the one that is the program; empty if none is.
        digests: SHA-256 by name, the names beginning at the folder.
        content: a zip archive of them; empty if they are not sent.
        excuse: why they are not sent.
    """

    folder: str
    main: str
    digests: Mapping[str, str]
    content: bytes = b""
    excuse: str = ""


def bundle(program: Program, current: str) -> Bundle:
    """Return the Python files that ``program`` may import from where it is: those beside it, and packages there.

    What is no script is in the ``current`` folder.
    """
    folder, main = _home(program, current)
    names = [main] if main else []
    size = 0
    for name, bytes_ in _python_files(folder):
        size += bytes_
        names += [name] if name != main else []
        if size > MOST_BYTES or len(names) > MOST_FILES:
            excuse = f"of what is in {folder}, {MOST_FILES} files and {MOST_BYTES >> 20} MiB are sent at most"
            return Bundle(folder, main, _digests(folder, [main] if main else []), excuse=excuse)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), _read(folder, name))
    return Bundle(folder, main, _digests(folder, names), archive.getvalue())


def is_there(found: Bundle) -> bool:
    """Return whether this machine has all of the files, at that place, with that content."""
    try:
        return _digests(found.folder, found.digests) == found.digests
    except OSError:
        return False


def unpack(found: Bundle, folder: str) -> None:
    """Write the files into ``folder``."""
    with zipfile.ZipFile(io.BytesIO(found.content)) as file:
        file.extractall(folder)


def relocate(program: Program, found: Bundle, folder: str) -> Program:
    """Return the program as it is where its files are in ``folder``."""
    return program._replace(name=os.path.join(folder, found.main)) if found.main else program


def _home(program: Program, current: str) -> tuple[str, str]:
    """Return the folder that is first on the program's path, and the name of its main file in it, if it has one."""
    if program.kind != "script":
        return current, ""
    path = os.path.join(program.folder, program.name)
    if os.path.isdir(path):
        return path, "__main__.py"
    return os.path.split(os.path.realpath(path))


def _python_files(folder: str) -> Iterator[tuple[str, int]]:
    """Yield names and sizes: the folder's own files, and those of the packages in it, to any depth."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(os.path.join(folder, prefix)) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = os.path.join(prefix, entry.name)
                if entry.name.endswith(".py") and entry.is_file():
                    yield name, entry.stat().st_size
                elif entry.name.isidentifier() and os.path.isfile(os.path.join(entry.path, "__init__.py")):
                    pending.append(name)


def _digests(folder: str, names: Mapping[str, str] | list[str]) -> dict[str, str]:
    return {name: hashlib.sha256(_read(folder, name)).hexdigest() for name in names}


def _read(folder: str, name: str) -> bytes:
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()
