"""A machine of the run that the coordinator had no room or no time for calls again."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from distributed.comm.core import CommClosedError, FatalCommClosedError

from ...tuning import TUNING

__all__ = ["call_again"]

TRIES = 40  # about 20 seconds: longer than a stranger may take


async def call_again(connect: Callable[[], Awaitable[Any]], clock: Callable[[], float] = monotonic) -> Any:
    """Connect; if the other side hangs up before the handshake, try again. Dask does so only if no process answers.

    Also if it hangs up in the midst of a handshake that has taken long: so it does with strangers, and on a busy
    machine a hundred hosts that join at the same time take as long. Raises OSError if that does not help.
    """
    for _ in range(TRIES):
        begun = clock()
        try:
            return await connect()
        except FatalCommClosedError as problem:
            if not isinstance(problem.__cause__, ssl.SSLEOFError):
                raise
        except CommClosedError:
            if clock() - begun < TUNING.strangers_may_take_seconds / 2:
                raise
        await asyncio.sleep(random.uniform(0.1, 1.0))
    raise OSError("it is busy with connections that have not said who they are")
