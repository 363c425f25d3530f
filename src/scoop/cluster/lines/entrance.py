"""Connections to the coordinator's port that have not proved yet that they belong to the run: few, and none for long.

Any process in the network can open a connection. A machine of the run proves itself in a moment: its handshake shows
the certificate of the run. Other connections are closed. A machine that is refused because too many others are
unknown calls again (`call_again.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ...tuning import TUNING
from .repeated_warning import RepeatedWarning
from .transport import Line, MeetLine

__all__ = ["Entrance"]

_log = logging.getLogger("scoop.run")


class Entrance:
    """Stands before ``meet``, which gets the lines of those that belong to the run.

    Parameters:
        shake_hands: has a connection prove itself; returns its line, or raises OSError.
        address_of: returns from where a connection comes.
    """

    def __init__(
        self,
        shake_hands: Callable[[asyncio.Transport], Awaitable[Line]],
        meet: MeetLine,
        address_of: Callable[[asyncio.Transport], str],
    ) -> None:
        self._shake_hands = shake_hands
        self._meet = meet
        self._address_of = address_of
        self._unknown: set[asyncio.Transport] = set()
        self._serving: set[asyncio.Task[None]] = set()
        later = asyncio.get_running_loop().call_later
        self._strangers = RepeatedWarning(_warn, later, TUNING.strangers_told_every_seconds)
        self._crowd = RepeatedWarning(_warn, later, TUNING.strangers_told_every_seconds)
        self._closed = False

    def enter(self, caller: asyncio.Transport) -> None:
        """Serve a new connection, or hang up."""
        if len(self._unknown) >= TUNING.most_unknown_connections:
            caller.abort()
            count = len(self._unknown)
            self._crowd.warn(f"{count} connections have not said who they are, so another is refused for now")
            return
        self._unknown.add(caller)
        serving = asyncio.get_running_loop().create_task(self._serve(caller))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, caller: asyncio.Transport) -> None:
        address = self._address_of(caller)
        try:
            line = await self._shake_hands(caller)
        except ConnectionResetError:
            return  # it has only looked if a process listens here, as `scoop worker` does
        except OSError:
            if not self._closed:
                self._strangers.warn(f"a stranger's call from {address} is refused: it has no key of this run")
            return
        finally:
            self._unknown.discard(caller)
        await self._meet(line)

    def close(self) -> None:
        """The run ends: hang up on all that are unknown, and say what has not been said of them."""
        self._closed = True
        for caller in [*self._unknown]:
            caller.abort()
        self._strangers.close()
        self._crowd.close()


def _warn(text: str) -> None:
    _log.warning("scoop: %s", text)
