"""Who takes the records of a run in the program's process. They are opened before any process of the run starts."""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Protocol

from ..errors import ScoopError
from .file import TraceFile
from .settings import TraceOptions

__all__ = ["Taker", "close_all", "open_takers"]

_one_run = Lock()
"""Held while a run of this process is recorded: a recorder hears of all tasks of its process, of whichever run."""


class Taker(Protocol):
    """Takes lines, which trace/lines.py makes of all that happens."""

    def start(self) -> None: ...
    def take(self, block: bytes, /) -> None: ...
    def program_ends(self) -> None: ...
    def close(self) -> None: ...


def open_takers(options: TraceOptions, settings: str) -> Sequence[Taker]:
    """Return who takes the records. ``settings``: what workers are told.

    Raises OSError for a file that cannot be opened; ScoopError if another run is recorded, or a package is missing.
    """
    if not _one_run.acquire(blocking=False):
        raise ScoopError("a program records one run at a time: first shut down the executor that records another")
    try:
        return [*_open(options, settings)]
    except BaseException:
        _one_run.release()
        raise


def close_all(takers: Sequence[Taker]) -> None:
    """Have all of them finish what they have, once nothing more comes."""
    for each in takers:
        each.close()
    _one_run.release()


def _open(options: TraceOptions, settings: str) -> Iterator[Taker]:
    if options.spans:  # which may refuse, and leaves nothing open
        from .spans.sender import SpanSender

        yield SpanSender(settings)
    if options.file is not None:
        yield TraceFile(options.file)
