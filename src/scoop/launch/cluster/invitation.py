"""What a station is told on its standard input, and the marked lines it answers with; pure.

An invitation is two lengths, a JSON text, and the program's files. It is secret: it holds a private key.

An answer is one line on the station's standard output, among the lines that startup scripts and tasks print there:

    \\x1escoop {"host": "node2", "kind": "joined", ...}
"""

import json
import struct
from collections.abc import Mapping
from typing import NamedTuple

from ...engine.limits import Limits
from ...uplink.terms import Terms
from ..program import Program
from .bundle import Bundle

__all__ = ["HEADER", "MARK", "Answer", "Invitation", "decode", "encode", "lengths", "mark", "read_mark"]

HEADER = struct.Struct("!8sQQ")
"""A magic word, and the lengths of the two parts."""

MARK = b"\x1escoop "

_MAGIC = b"scoop-1\n"
_MOST = 1 << 30


class Invitation(NamedTuple):
    """What a station is to do.

    Parameters:
        workers: how many, by host; None is one for each processor. Empty in a file, which is for any host.
        python, scoop: our versions, which must be its own.
        terms, limits, program, bundle: of the run; None where it is only to say hello.
        folder: where to run; empty for where it is.
        must_be_there: whether a host without that folder is refused; otherwise it stays where it is.
        environment: variables to set.
        level: of the log.
        nice: added to the niceness.
        debug: whether debug mode is on.
    """

    workers: Mapping[str, int | None]
    python: str
    scoop: str
    terms: Terms | None = None
    limits: Limits = Limits()
    program: Program | None = None
    bundle: Bundle | None = None
    folder: str = ""
    must_be_there: bool = False
    environment: Mapping[str, str] = {}
    level: int = 30
    nice: int = 0
    debug: bool = False


class Answer(NamedTuple):
    """What a station says of itself.

    Parameters:
        host: what the invitation calls it.
        kind: ``"joined"``, ``"refused"``, ``"hello"`` or ``"pong"``.
        why: of a refusal.
        name: what it calls itself.
        python, scoop: its versions.
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


def encode(invitation: Invitation) -> bytes:
    """Return the invitation as bytes for a station's standard input."""
    content = invitation.bundle.content if invitation.bundle else b""
    fields = invitation._asdict()
    for name in ("terms", "limits", "program"):
        fields[name] = fields[name] and fields[name]._asdict()
    fields["bundle"] = invitation.bundle and invitation.bundle._replace(content=b"")._asdict() | {"content": None}
    text = json.dumps(fields).encode()
    return HEADER.pack(_MAGIC, len(text), len(content)) + text + content


def lengths(header: bytes) -> tuple[int, int]:
    """Return how many bytes of text and of files follow a header. Raises ValueError for what is none."""
    if len(header) != HEADER.size:
        raise ValueError("this is no invitation")
    magic, text, content = HEADER.unpack(header)
    if magic != _MAGIC or max(text, content) > _MOST:
        raise ValueError("this is no invitation")
    return text, content


def decode(text: bytes, content: bytes) -> Invitation:
    """Return the invitation of which these are the two parts. Raises ValueError for what is none."""
    fields = json.loads(text)
    try:
        if fields["program"] is not None:
            fields["program"]["args"] = tuple(fields["program"]["args"])
        made = {"terms": Terms, "limits": Limits, "program": Program, "bundle": Bundle}
        if fields["bundle"] is not None:
            fields["bundle"]["content"] = content
        return Invitation(
            **{name: made[name](**value) if name in made and value else value for name, value in fields.items()}
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"this is no invitation: {problem}") from None


def mark(answer: Answer) -> bytes:
    """Return the answer as a line."""
    return MARK + json.dumps(answer._asdict()).encode() + b"\n"


def read_mark(line: bytes) -> Answer | None:
    """Return the answer that the line is; None if it is none. What stands before the mark is not ours: no harm."""
    _, found, text = line.partition(MARK)
    if not found:
        return None
    try:
        return Answer(**json.loads(text))
    except (ValueError, TypeError):
        return None
