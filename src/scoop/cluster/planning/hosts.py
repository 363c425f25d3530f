"""Hosts as people and batch systems write them, pure: text in, hosts out.

node1                 a host; all its processors
node[1-3,07-12]-ib    a range, as Slurm writes it
ann@node1:2222        the user to log in as, and the port of its ssh
[fe80::1]:2222        an IPv6 address with a port; without a port it needs no brackets
"""

import re
from collections.abc import Callable, Iterable
from itertools import product
from math import prod
from typing import NamedTuple

from ...machine.program import CannotStart

__all__ = [
    "MOST_HOSTS",
    "Host",
    "HostsError",
    "expand",
    "merge",
    "parse_count",
    "parse_host",
    "parse_hostfile",
    "parse_lines",
    "parse_names",
]

MOST_HOSTS = 100_000  # that one range may stand for: more is a typing error

_BRACKETS = re.compile(r"\[([^][]*)\]")
_NAME = re.compile(r"[\w.-]*\w[\w.-]*", re.ASCII)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_V6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(%\w+)?", re.IGNORECASE | re.ASCII)
_USER = re.compile(r"[\w.$+@\\][\w.$+@\\-]*", re.ASCII)


class HostsError(CannotStart):
    """The hosts cannot be read, or cannot be used as asked; the message names the faulty text and a remedy."""


class Host(NamedTuple):
    """One machine of a run."""

    name: str  # or address, without brackets
    workers: int | None = None  # None is one for each of its processors, which only the host can count
    user: str | None = None  # to log in as; None leaves that to ssh
    port: int | None = None  # of its ssh; None leaves that to ssh

    @property
    def place(self) -> str:
        """Return the host as people write it, which no other host of the run shares."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return (f"{self.user}@" if self.user else "") + name + (f":{self.port}" if self.port else "")


def parse_host(word: str) -> list[Host]:
    """Return the hosts that one word names; a range names several. Raises HostsError."""
    user, at, rest = word.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise HostsError(f"{word!r} names no host: {user!r} is not a user's name")
    if _V6.fullmatch(rest):
        return [_host(word, rest, user, "")]
    if rest.startswith("[") and "]" in rest and _V6.fullmatch(rest[1 : rest.index("]")]):
        name, _, tail = rest[1:].partition("]")
        if tail and not tail.startswith(":"):
            raise HostsError(f"{word!r} names no host: only a colon and a port may follow the brackets")
        return [_host(word, name, user, tail)]
    names, colon, port = rest.rpartition(":") if ":" in rest else (rest, "", "")
    return [_host(word, name, user, colon + port) for name in expand(names)]


def parse_names(text: str) -> list[str]:
    """Split a list at its commas, except at those within brackets, which belong to ranges. Raises HostsError."""
    words, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if depth not in (0, 1):
            raise HostsError(f"{text!r}: brackets must be closed, and may not be nested")
        if letter == "," and depth == 0:
            words.append(text[start:place])
            start = place + 1
    if depth:
        raise HostsError(f"{text!r}: a bracket is not closed")
    words.append(text[start:])
    if not all(words):
        raise HostsError(f"{text!r}: a comma has no host beside it; remove it")
    return words


def parse_hostfile(text: str, source: str) -> list[Host]:
    """Return the hosts of a hostfile: a host a line, with or without a count; ``#`` begins a comment.

    A host named in several lines gets the sum of their counts, where a line without a count adds one worker.
    """
    return parse_lines(text, source, _parse_line)


def parse_lines(text: str, source: str, parse_line: Callable[[str], list[Host]]) -> list[Host]:
    """Return the hosts of all lines, each once. Raises HostsError, which names ``source``, line and text."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found += parse_line(line)
        except HostsError as problem:
            raise HostsError(f"{source}, line {number}: {problem}") from None
    if not found:
        raise HostsError(f"{source} names no host")
    return merge(found)


def expand(text: str) -> list[str]:
    """Return all names that ``text`` with ranges in brackets stands for, in order. Raises HostsError.

    >>> expand("node[1-2,08]-ib")
    ['node1-ib', 'node2-ib', 'node08-ib']
    """
    pieces = _BRACKETS.split(text)
    if any("[" in fixed for fixed in pieces[::2]):
        raise HostsError(f"{text!r}: a bracket is not closed")
    choices: list[list[str]] = []
    for number, piece in enumerate(pieces):
        choices.append(_numbers(piece, text) if number % 2 else [piece])
        if prod(map(len, choices)) > MOST_HOSTS:
            raise HostsError(f"{text!r} stands for more than {MOST_HOSTS} hosts")
    return ["".join(chosen) for chosen in product(*choices)]


def merge(hosts: Iterable[Host]) -> list[Host]:
    """Return each host once, in the order of first mention, with the sum of its counts; no count adds one worker."""
    counts: dict[tuple[str, str | None, int | None], list[int | None]] = {}
    for name, count, user, port in hosts:
        counts.setdefault((name, user, port), []).append(count)
    return [
        Host(name, found[0] if len(found) == 1 else sum(1 if n is None else n for n in found), user, port)
        for (name, user, port), found in counts.items()
    ]


def parse_count(text: str, what: str = "workers") -> int:
    if text.isascii() and text.isdigit() and int(text) < 1 << 20:
        return int(text)
    raise HostsError(f"{text!r} is not a number of {what}")


def _parse_line(line: str) -> list[Host]:
    """Read ``name``, ``name 4``, or ``name slots=4 max_slots=8``, as MPI writes it."""
    words = line.partition("#")[0].split()
    if not words:
        return []
    count = None
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals and len(words) == 2:
            count = parse_count(word)
        elif equals and key in ("slots", "cpu", "count"):
            count = parse_count(value)
        elif not equals or key not in ("max_slots", "max-slots"):
            raise HostsError(f"{' '.join(words)!r} is neither a host, nor a host and a number of workers")
    found = [host for word in parse_names(words[0]) for host in parse_host(word)]
    return [host._replace(workers=count) for host in found if count != 0]


def _numbers(inside: str, text: str) -> list[str]:
    found: list[str] = []
    for piece in inside.split(","):
        first, dash, last = piece.partition("-")
        last = last if dash else first
        if not _DIGITS.fullmatch(first) or not _DIGITS.fullmatch(last) or int(first) > int(last):
            raise HostsError(f"{text!r}: {piece!r} is not a number, or a range of numbers such as 1-3")
        if int(last) - int(first) >= MOST_HOSTS:
            raise HostsError(f"{text!r} stands for more than {MOST_HOSTS} hosts")
        found += [f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]
    return found


def _host(word: str, name: str, user: str, port: str) -> Host:
    if not (_NAME.fullmatch(name) and not name.startswith("-")) and not _V6.fullmatch(name):
        raise HostsError(f"{word!r} names no host")
    number = port[1:]  # behind its colon
    if port and not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise HostsError(f"{word!r} names no host: {number!r} is not a port")
    return Host(name, None, user or None, int(number) if port else None)
