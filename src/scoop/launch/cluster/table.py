"""``scoop hosts``: who is there, with what, and how far away; asyncio."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from .calls import Call, Plan, calls, invite
from .invitation import Answer, encode
from .process import Process
from .recruit import AT_ONCE, answered, failure_of
from .streams import Output
from .versions import disagreement

__all__ = ["Row", "survey", "table"]

_PINGS = 3


class Row(NamedTuple):
    """A host, as it was found.

    Parameters:
        host: what the run calls it.
        workers: how many it would have; None is one for each processor.
        answer: what its station says; None if it could not be reached.
        login: seconds until it answered.
        round_trip: seconds to there and back, at best; None if it never came back.
        problem: why it cannot take part; empty if it can.
    """

    host: str
    workers: int | None
    answer: Answer | None = None
    login: float = 0.0
    round_trip: float | None = None
    problem: str = ""


async def survey(plan: Plan) -> list[Row]:
    """Reach every host of the plan, have its station say hello, and time it."""
    letter, output, slots = encode(invite(plan, None)), Output(), asyncio.Semaphore(AT_ONCE)
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(_ask(plan, call, letter, output, slots)) for call in calls(plan)]
    finally:
        output.close()
    return [row for task in asked for row in task.result()]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of text, the problems below; pure."""
    lines = [("host", "workers", "cores", "python", "scoop", "login", "round trip")]
    for row in rows:
        workers = "*" if row.workers is None else str(row.workers)
        if row.answer is None:
            lines.append((row.host, workers, "-", "-", "-", "-", "-"))
            continue
        trip = "-" if row.round_trip is None else f"{row.round_trip * 1000:.1f} ms"
        about = (str(row.answer.cores), row.answer.python, row.answer.scoop, f"{row.login:.2f} s", trip)
        lines.append((row.host, workers, *about))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [map(str.ljust, line, widths) for line in lines]
    shown = ["  ".join(cells).rstrip() for cells in padded]
    return "\n".join([*shown, *(f"\n{row.problem}" for row in rows if row.problem)])


async def _ask(plan: Plan, call: Call, letter: bytes, output: Output, slots: asyncio.Semaphore) -> list[Row]:
    async with slots:
        began = time.monotonic()
        process = await answered(call, letter, output, plan.reach.timeout)
        login = time.monotonic() - began
        trips = await _ping(process, plan.reach.timeout)
        await (process.end() if process.answers else process.kill())
    rows = []
    ours = plan.invitation.python, plan.invitation.scoop
    for host in call.hosts:
        row = Row(host, plan.invitation.workers[host])
        answer = process.answers.get(host)
        if answer is None:
            rows.append(row._replace(problem=str(failure_of(host, process, plan.reach.python, None))))
        else:
            problem = disagreement(host, (answer.python, answer.scoop), ours, plan.reach.python)
            rows.append(Row(host, row.workers, answer, login, trips.get(host), problem))
    return rows


async def _ping(process: Process, seconds: float) -> dict[str, float]:
    """Return the shortest round trip to each of the hosts that answered, in seconds."""
    shortest: dict[str, float] = {}
    for _ in range(_PINGS if process.answers else 0):
        sent = time.monotonic()
        await process.send(b"ping\n")
        try:
            async with asyncio.timeout(seconds):
                for _ in process.answers:
                    host = await process.pongs.get()
                    shortest[host] = min(shortest.get(host, seconds), time.monotonic() - sent)
        except TimeoutError:
            break
    return shortest
