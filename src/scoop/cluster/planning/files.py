"""The program's own Python files, for hosts that do not have them."""

import hashlib
import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ...machine.program import Program
from ...tuning import TUNING

__all__ = ["ProgramFiles", "are_present", "collect", "unpack"]


class ProgramFiles(NamedTuple):
    """The names, the digests, and usually the content of a program's files."""

    folder: str  # where they are on the origin's machine
    main: str  # the name of the file that is the program; empty if none is
    digests: Mapping[str, str]  # SHA-256 by name; names are relative to the folder
    content: bytes = b""  # a zip archive of the files; empty if they are not sent
    excuse: str = ""  # why they are not sent


def collect(program: Program, current: str) -> ProgramFiles:
    """Return the Python files that ``program`` may import from its own folder: those beside it, and packages there.

    The folder of a program that is no script is ``current``.
    """
    folder, main = _home(program, current)
    names = [main] if main else []
    size = 0
    for name, bytes_ in _python_files(folder):
        size += bytes_
        names += [name] if name != main else []
        if size > TUNING.program_bytes or len(names) > TUNING.program_files:
            most = f"{TUNING.program_files} files and {TUNING.program_bytes >> 20} MiB"
            excuse = f"{folder} holds more than {most} of Python files"
            return ProgramFiles(folder, main, _digests(folder, [main] if main else []), excuse=excuse)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), Path(folder, name).read_bytes())
    return ProgramFiles(folder, main, _digests(folder, names), archive.getvalue())


def are_present(files: ProgramFiles) -> bool:
    """Return whether this machine has all of the files, in that folder, with that content."""
    try:
        return _digests(files.folder, files.digests) == files.digests
    except OSError:
        return False


def unpack(files: ProgramFiles, folder: str) -> None:
    with zipfile.ZipFile(io.BytesIO(files.content)) as file:
        file.extractall(folder)


def _home(program: Program, current: str) -> tuple[str, str]:
    """Return the first folder on the program's path, and the name of its main file there, if it has one."""
    if program.kind != "script":
        return current, ""
    path = os.path.join(program.folder, program.name)
    if os.path.isdir(path):
        return path, "__main__.py"
    return os.path.split(os.path.realpath(path))


def _python_files(folder: str) -> Iterator[tuple[str, int]]:
    """Yield names and sizes: of the folder's own files, and of those in packages there, at any depth."""
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


def _digests(folder: str, names: Iterable[str]) -> dict[str, str]:
    return {name: hashlib.sha256(Path(folder, name).read_bytes()).hexdigest() for name in names}
