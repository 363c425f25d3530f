"""A machine of the run that finds too many unknown callers at the coordinator's port calls again."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from distributed.comm.core import FatalCommClosedError

__all__ = ["call_again"]

TRIES = 40  # about 20 seconds: longer than a stranger may take


async def call_again(connect: Callable[[], Awaitable[Any]]) -> Any:
    """Connect; if the other side hangs up before the handshake, try again. Dask does so only if no process answers.

    Raises OSError if that does not help.
    """
    for _ in range(TRIES):
        try:
            return await connect()
        except FatalCommClosedError as problem:
            if not isinstance(problem.__cause__, ssl.SSLEOFError):
                raise
        await asyncio.sleep(random.uniform(0.1, 1.0))
    raise OSError("it is busy with connections that have not said who they are")
