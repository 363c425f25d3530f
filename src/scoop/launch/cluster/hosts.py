"""What people and batch systems write where they name hosts, pure: text in, hosts out.

node1                 a host; all its processors
node[1-3,07-12]-ib    a range, as Slurm writes it
ann@node1:2222        whom to be there, and the port of its ssh
[fe80::1]:2222        an address of version 6 with a port; without one the brackets may be left out
"""

import re
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from ..program import CannotStart

__all__ = [
    "MOST_HOSTS",
    "Host",
    "HostsError",
    "expand",
    "merge",
    "parse_count",
    "parse_host",
    "parse_hostfile",
    "parse_names",
]

MOST_HOSTS = 100_000
"""Hosts that one range may stand for: more is a slip of the pen."""

_NAME = re.compile(r"[\w.-]*\w[\w.-]*", re.ASCII)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_V6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(%\w+)?", re.IGNORECASE | re.ASCII)
_USER = re.compile(r"[\w.$+@\\][\w.$+@\\-]*", re.ASCII)


class HostsError(CannotStart):
    """What names the hosts cannot be read, or asks for what cannot be; the message names the culprit and a remedy."""


class Host(NamedTuple):
    """One machine of a run.

    Parameters:
        name: its name or address, without brackets.
        workers: how many it is to have; None is all its processors, which only it knows.
        user: whom to be there; None leaves that to ssh.
        port: the port of its ssh; None leaves that to ssh.
    """

    name: str
    workers: int | None = None
    user: str | None = None
    port: int | None = None

    @property
    def place(self) -> str:
        """Return the host as one writes it: what tells it from all others."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return (f"{self.user}@" if self.user else "") + name + (f":{self.port}" if self.port else "")


def parse_host(word: str) -> list[Host]:
    """Return the hosts that one word names; a range names several. Raises HostsError."""
    user, at, rest = word.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise HostsError(f"{word!r} names no host: {user!r} is no user")
    if _V6.fullmatch(rest):
        return [_host(word, rest, user, "")]
    if rest.startswith("[") and "]" in rest and _V6.fullmatch(rest[1 : rest.index("]")]):
        name, _, tail = rest[1:].partition("]")
        if tail and not tail.startswith(":"):
            raise HostsError(f"{word!r} names no host: after the brackets there may be a colon and a port")
        return [_host(word, name, user, tail)]
    names, colon, port = rest.rpartition(":") if ":" in rest else (rest, "", "")
    return [_host(word, name, user, colon + port) for name in expand(names)]


def parse_names(text: str) -> list[str]:
    """Return the words of a list with commas, where commas within brackets belong to ranges. Raises HostsError."""
    words, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if depth not in (0, 1):
            raise HostsError(f"{text!r}: brackets may not be nested, and must be closed")
        if letter == "," and depth == 0:
            words.append(text[start:place])
            start = place + 1
    if depth:
        raise HostsError(f"{text!r}: a bracket is not closed")
    words.append(text[start:])
    if not all(words):
        raise HostsError(f"{text!r}: there is a comma with no host beside it")
    return words


def parse_hostfile(text: str, source: str) -> list[Host]:
    """Return the hosts of a hostfile: a host a line, with a count or without; ``#`` begins a comment.

    A host that is named in several lines has the sum of their counts; of these, a line without count is one worker.
    Raises HostsError, which names ``source``, the line and what it says.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        try:
            if words:
                found += _parse_line(words)
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
    parts: list[list[str]] = []
    rest = text
    total = 1
    while rest:
        fixed, bracket, rest = rest.partition("[")
        parts.append([fixed])
        if bracket:
            inside, closed, rest = rest.partition("]")
            if not closed or "[" in inside:
                raise HostsError(f"{text!r}: a bracket is not closed")
            parts.append(_numbers(inside, text))
            total *= len(parts[-1])
            if total > MOST_HOSTS:
                raise HostsError(f"{text!r} stands for more than {MOST_HOSTS} hosts")
    return ["".join(pieces) for pieces in product(*parts)]


def merge(hosts: Iterable[Host]) -> list[Host]:
    """Name every host once, where it came first; one that came more often has the sum, one worker a bare mention."""
    counts: dict[tuple[str, str | None, int | None], list[int | None]] = {}
    for name, count, user, port in hosts:
        counts.setdefault((name, user, port), []).append(count)
    return [
        Host(name, found[0] if len(found) == 1 else sum(1 if n is None else n for n in found), user, port)
        for (name, user, port), found in counts.items()
    ]


def parse_count(text: str, what: str = "workers") -> int:
    """Return the number that ``text`` is, 0 or more. Raises HostsError."""
    if text.isascii() and text.isdigit() and int(text) < 1 << 20:
        return int(text)
    raise HostsError(f"{text!r} is not a number of {what}")


def _parse_line(words: list[str]) -> list[Host]:
    """Read ``name``, ``name 4``, or as MPI has it ``name slots=4 max_slots=8``."""
    count = None
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals and len(words) == 2:
            count = parse_count(word)
        elif equals and key in ("slots", "cpu", "count"):
            count = parse_count(value)
        elif not equals or key not in ("max_slots", "max-slots"):
            raise HostsError(f"{' '.join(words)!r} is not a host, or a host and a number of workers")
    found = [host for word in parse_names(words[0]) for host in parse_host(word)]
    return [host._replace(workers=count) for host in found if count != 0]


def _numbers(inside: str, text: str) -> list[str]:
    """Return what a bracket stands for; numbers keep the zeros before them."""
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
    """Return the host, if that is a name and ``port`` a colon with a port, or nothing."""
    if not (_NAME.fullmatch(name) and not name.startswith("-")) and not _V6.fullmatch(name):
        raise HostsError(f"{word!r} names no host")
    number = port[1:]
    if port and not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise HostsError(f"{word!r} names no host: {number!r} is no port")
    return Host(name, None, user or None, int(number) if port else None)
