"""The Dask task that is a station's parent: it runs in a worker of a Dask cluster, as long as the station does.

So Dask knows that the worker is at work, and does not take it for idle; and when the worker ends, however it does,
the station's standard input ends, and with that the station.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from .calls import Call
from .commands import Reach, station
from .recruit import answered, failure_of

__all__ = ["host_station"]

Tell = Callable[[dict[str, Any]], None]


def host_station(host: str, letter: bytes, seconds: float, topic: str) -> str:
    """Start a station, and stay until it has ended; return how it has.

    Parameters:
        host: what the invitation calls this host.
        letter: the invitation.
        seconds: that the station has to answer.
        topic: where to tell of its answer, and of what is printed, as Dask's events.
    """
    from distributed import get_worker

    worker = get_worker()
    return asyncio.run(_host(host, letter, seconds, lambda event: worker.log_event(topic, event)))


class _Relay:
    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    async def write(self, descriptor: int, data: bytes) -> None:
        """See Sink."""
        self._tell({"descriptor": descriptor, "data": data})


async def _host(host: str, letter: bytes, seconds: float, tell: Tell) -> str:
    call = Call(station(Reach(), host), (host,))
    process = await answered(call, letter, _Relay(tell), seconds)
    answer = process.answers.get(host)
    if answer is None or answer.kind != "joined":
        await process.kill()
        return str(failure_of(host, process, sys.executable, answer))
    tell({"joined": host, "workers": answer.workers, "name": answer.name})
    assert process.ended is not None
    await process.ended
    return str(failure_of(host, process, sys.executable, None))
