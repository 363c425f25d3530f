"""Connections to the coordinator's port that have not proved yet that they belong to the run: few, and none for long.

Any process in the network can open a connection. A machine of the run proves itself in a moment: its handshake shows
the certificate of the run. Other connections are closed. A machine that is refused because too many others are
unknown calls again (`call_again.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ...tuning import TUNING
from .repeated_warning import RepeatedWarning

__all__ = ["Entrance", "Serve", "Stream"]

Serve = Callable[[Any, Any], Awaitable[None]]
"""Has a connection from its handshake to its end, given the stream and the address of the other side."""

_log = logging.getLogger("scoop.run")


class Stream(Protocol):
    """A connection, as far as it concerns its beginning. ``error`` is what has ended it, if anything."""

    error: BaseException | None

    def close(self) -> object: ...


class Entrance:
    """Stands before ``serve``, which calls ``known`` as soon as the other side has proved who it is."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._unknown: dict[Stream, asyncio.TimerHandle] = {}
        loop = asyncio.get_running_loop()
        self._strangers = RepeatedWarning(_warn, loop.call_later, TUNING.strangers_told_every_seconds)
        self._crowd = RepeatedWarning(_warn, loop.call_later, TUNING.strangers_told_every_seconds)
        self._closed = False

    async def enter(self, stream: Stream, address: tuple[Any, ...]) -> None:
        """Serve a new connection, or hang up."""
        if len(self._unknown) >= TUNING.most_unknown_connections:
            stream.close()
            count = len(self._unknown)
            self._crowd.warn(f"{count} connections have not said who they are, so another is refused for now")
            return
        later = asyncio.get_running_loop().call_later
        self._unknown[stream] = later(TUNING.strangers_may_take_seconds, stream.close)
        try:
            await self._serve(stream, address)
        except ValueError:  # Dask says so if the listener was stopped in the midst of a handshake
            if not self._closed:
                raise
        finally:
            if stream in self._unknown and not self._closed and not _is_probe(stream):
                self._strangers.warn(f"a stranger's call from {address[0]} is refused: it has no key of this run")
            self.known(stream)

    def known(self, stream: Stream) -> None:
        """The other side is a machine of the run, or has left."""
        if (hang_up := self._unknown.pop(stream, None)) is not None:
            hang_up.cancel()

    def close(self) -> None:
        """The run ends: hang up on all that are unknown, and say what has not been said of them."""
        self._closed = True
        for stream in [*self._unknown]:
            self.known(stream)
            stream.close()
        self._strangers.close()
        self._crowd.close()


def _is_probe(stream: Stream) -> bool:
    """Return whether the other side has only looked if somebody listens here, as `scoop worker` does."""
    return stream.error is not None and "EOF occurred" in str(stream.error)


def _warn(text: str) -> None:
    _log.warning("scoop: %s", text)
