"""A census of Python's own standard library: honest work on data that every machine has.

It parses each source file, counts what is in it and looks for the longest and the most complex functions;
first serially, then in parallel, and compares. In parallel each folder is a task, which starts a task for
each folder below it and maps over its own files.

Run it:  python -m scoop -n 2 examples/census.py
     or  python -m scoop -n 2 examples/census.py --files 60
"""

import argparse
import ast
import heapq
import os
import platform
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import scoop
from scoop import futures

# A worker on another machine finds its library by itself, so tasks carry names relative to this.
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SKIPPED = {"test", "tests", "idlelib", "site-packages", "dist-packages", "__pycache__"}
TOP = 5

# Where the path of a program forks. The complexity of a function is one more than the forks in it: so many
# tests it takes, at least, to walk each piece of the path.
FORKS = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.Assert,
    ast.comprehension,
    ast.BoolOp,
    ast.match_case,
)


class Function(NamedTuple):
    """A function and its score. Tuples compare, so the highest scores are simply the largest tuples."""

    score: int
    name: str
    file: str
    line: int


@dataclass
class Census:
    """What was counted in a file, or in many."""

    totals: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    longest: list[Function] = field(default_factory=list)
    most_complex: list[Function] = field(default_factory=list)


class Folder(NamedTuple):
    """A folder of the library: files by their relative names, and the folders below."""

    files: list[str]
    folders: list["Folder"]


def count_file(file: str) -> Census:
    """Read, parse and count one file: all the work there is, and the same code in both censuses."""
    source = (LIBRARY / file).read_bytes()
    census = Census()
    census.totals.update(files=1, lines=source.count(b"\n"))
    try:
        tree = ast.parse(source)
    except SyntaxError:
        # Some libraries ship files that are wrong on purpose.
        census.totals["unreadable"] += 1
        return census

    lengths = []
    complexities = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            census.names[node.id] += 1
        elif isinstance(node, ast.ClassDef):
            census.totals["classes"] += 1
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            census.totals["functions"] += 1
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            complexity = 1 + sum(isinstance(inner, FORKS) for inner in ast.walk(node))
            lengths.append(Function(length, node.name, file, node.lineno))
            complexities.append(Function(complexity, node.name, file, node.lineno))
    # The five best of all are among the five best of each file: nothing else needs to travel.
    census.longest = heapq.nlargest(TOP, lengths)
    census.most_complex = heapq.nlargest(TOP, complexities)
    return census


def merge(parts: Iterable[Census]) -> Census:
    """Add up. The order of the parts doesn't matter, nor how they were grouped."""
    whole = Census()
    for part in parts:
        whole.totals.update(part.totals)
        whole.names.update(part.names)
        whole.longest = heapq.nlargest(TOP, whole.longest + part.longest)
        whole.most_complex = heapq.nlargest(TOP, whole.most_complex + part.most_complex)
    return whole


def count_folder(folder: Folder) -> Census:
    """The parallel census: this task starts others, which start others."""
    # All are started before the first result is asked for: `map` starts at the call, too.
    below = [futures.submit(count_folder, inner) for inner in folder.folders]
    here = futures.map(count_file, folder.files)
    return merge(chain(here, (future.result() for future in below)))


def find_files(limit: int | None) -> list[Path]:
    """The library's source files, relative to it; at most `limit` of them, evenly spread."""
    files = []
    for folder, folders, names in os.walk(LIBRARY):
        # What is removed from this list is not walked. Sorted, so that `limit` means the same files always.
        folders[:] = sorted(set(folders) - SKIPPED)
        here = Path(folder).relative_to(LIBRARY)
        files += [here / name for name in sorted(names) if name.endswith(".py")]
    if limit is None or limit >= len(files):
        return files
    return [files[place * len(files) // limit] for place in range(limit)]


def make_folder(files: list[Path], depth: int = 0) -> Folder:
    """Divide the files of one folder, `depth` levels down, into those right there and those below."""
    here = []
    below: dict[str, list[Path]] = {}
    for file in files:
        if len(file.parts) == depth + 1:
            here.append(str(file))
        else:
            below.setdefault(file.parts[depth], []).append(file)
    return Folder(here, [make_folder(inner, depth + 1) for inner in below.values()])


def show(census: Census) -> None:
    totals = census.totals
    print(f"The standard library of Python {platform.python_version()}")
    print("  " + ", ".join(f"{totals[what]:,} {what}" for what in ("files", "lines", "classes", "functions")))
    for title, functions in (("longest", census.longest), ("most complex", census.most_complex)):
        print(f"\n  {title + ' functions':<34}{'lines' if title == 'longest' else 'paths':>6}")
        for function in functions:
            print(f"    {function.name:<32}{function.score:>6}  {function.file}:{function.line}")
    # Counts first, then the alphabet: a tie must not depend on who was merged first.
    common = sorted(census.names.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    print("\n  most common names: " + ", ".join(f"{name} {count:,}" for name, count in common))


def main() -> None:
    parser = argparse.ArgumentParser(description="A census of Python's standard library.")
    parser.add_argument("--files", type=int, metavar="N", help="count only so many files")
    files = find_files(parser.parse_args().files)
    if not scoop.IS_RUNNING:
        sys.exit("Without workers there is nothing to compare: python -m scoop -n 2 examples/census.py")

    # Read all files once before any clock runs, or the first census would pay for the slow disk.
    for file in files:
        (LIBRARY / file).read_bytes()

    begin = time.perf_counter()
    serial = merge(count_file(str(file)) for file in files)
    middle = time.perf_counter()
    parallel = count_folder(make_folder(files))
    end = time.perf_counter()

    assert parallel == serial
    show(parallel)
    alone, together = middle - begin, end - middle
    print(f"\n      serial {alone:8.2f} s")
    print(f"  {scoop.SIZE:>2} workers {together:8.2f} s   {alone / together:.2f} times as fast\n")
    print(f"Both censuses agree on all {len(files)} files.")


if __name__ == "__main__":
    main()
