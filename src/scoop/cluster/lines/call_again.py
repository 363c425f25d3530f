"""A machine of the run that the coordinator had no room or no time for calls again."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["call_again"]

TRIES = 40
"""They take about 20 seconds: longer than a stranger may take."""

T = TypeVar("T")


async def call_again(connect: Callable[[], Awaitable[T]]) -> T:
    """Connect; if the other side hangs up within the handshake, try again. Raises OSError if that does not help.

    The other side hangs up at once if too many callers are unknown, and after a while if the handshake takes long: a
    hundred hosts that join a busy machine at the same time may take as long as a stranger. It does not hang up if it
    has another certificate, or refuses ours.
    """
    for _ in range(TRIES):
        try:
            return await connect()
        except (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError):
            await asyncio.sleep(random.uniform(0.1, 1.0))
    raise OSError("it is busy with connections that have not said who they are")
