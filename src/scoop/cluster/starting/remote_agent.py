"""What runs on a node of a cluster that another system runs: it starts an agent there, and reports what that says.

The function lasts as long as the agent. So the system does not take the node for idle; and when the process ends that
runs it, in whatever way, the agent's standard input ends, and with it the agent.
"""

import asyncio
import sys
import time
from collections.abc import Callable

from ..launchers import Reach, agent_command
from ..planning.invitation import LEAVE
from ..planning.plan import Call
from .agents import failure_of, loss_of, start_command
from .clusters import Hear, Order
from .launcher_process import LauncherProcess

__all__ = ["run_agent"]

_SECONDS_BETWEEN_LOOKS = 0.2  # at whether the node is about to leave its cluster


def run_agent(order: Order, tell: Hear, is_leaving: Callable[[], bool] = lambda: False) -> str:
    """Start an agent, wait until it has ended, and return how it has.

    As soon as the node ``is_leaving`` its cluster, the agent's machine leaves the run: it gives back what it has not
    begun.
    """
    return asyncio.run(_run(order, tell, is_leaving))


async def _run(order: Order, tell: Hear, is_leaving: Callable[[], bool]) -> str:
    async def write(descriptor: int, data: bytes) -> None:
        tell({"descriptor": descriptor, "data": data})

    host = order.host
    process = await start_command(Call(agent_command(Reach(), host), (host,)), order.invitation, write, order.seconds)
    answer = process.answers.get(host)
    if answer is None or answer.kind != "joined":
        await process.kill()
        return str(failure_of(host, process, sys.executable, answer))
    tell({"joined": [*answer]})
    began = time.monotonic()
    leaving = asyncio.create_task(_leave(process, is_leaving))
    await process.ended
    leaving.cancel()
    return str(loss_of(host, process, time.monotonic() - began))


async def _leave(process: LauncherProcess, is_leaving: Callable[[], bool]) -> None:
    while not is_leaving():
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    await process.send(LEAVE)
