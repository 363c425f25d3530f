"""``scoop hosts``: reach the hosts of a run, and show what they have and how far away they are."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from ..cluster.planning.invitation import Answer, disagreement, encode
from ..cluster.planning.plan import Call, Plan, calls, describe, invite
from ..cluster.starting.agents import failure_of, new_login_slots, start_command
from ..cluster.starting.launcher_process import LauncherProcess, Output
from ..codes import REFUSAL, with_code
from ..engine.process.limits import Limits
from ..machine.program import CannotStart
from ..tuning import TUNING
from .parsing.parser import Parser
from .running.plan import find_placement, new_plan

__all__ = ["Row", "list_hosts", "table"]


class Row(NamedTuple):
    """What was found out about a host."""

    host: str  # what the run calls it
    workers: int | None  # that it would have; None is one for each processor
    answer: Answer | None = None  # None if it could not be reached
    login: float = 0.0  # seconds until it answered
    round_trip: float | None = None  # seconds of the shortest one
    problem: str = ""  # why it cannot take part


def list_hosts(parser: Parser, options: argparse.Namespace) -> int:
    """Reach the hosts that are named, or a batch system has given; print what they have; return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if options.program or options.module is not None or options.code is not None:
        parser.error("name no program here, only hosts and options")
    if options.connect or options.invite:
        parser.error("this command shows hosts that are named or belong to a job; leave out --connect and --invite")
    try:
        placement = find_placement(options, os.environ)
        plan = new_plan(placement, options, None, Limits())
    except (CannotStart, OSError) as problem:
        print(with_code(f"scoop: {problem}", REFUSAL), file=sys.stderr)
        return 2
    if not placement.away:
        print(describe(placement, None))
        return 0
    rows = asyncio.run(_survey(plan))
    print(table(rows))
    return int(any(row.problem for row in rows))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of text, with the problems below; pure."""
    lines = [("host", "workers", "cores", "python", "scoop", "login", "round trip"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join([*shown, *(f"\n{row.problem}" for row in rows if row.problem)])


def _cells(row: Row) -> tuple[str, ...]:
    workers = "*" if row.workers is None else str(row.workers)
    if row.answer is None:
        return row.host, workers, "-", "-", "-", "-", "-"
    trip = "-" if row.round_trip is None else f"{row.round_trip * 1000:.1f} ms"
    return row.host, workers, str(row.answer.cores), row.answer.python, row.answer.scoop, f"{row.login:.2f} s", trip


async def _survey(plan: Plan) -> list[Row]:
    invitation, output, slots = encode(invite(plan, None)), Output(), new_login_slots()
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(_ask(plan, call, invitation, output, slots)) for call in calls(plan)]
    finally:
        output.close()
    return [row for task in asked for row in task.result()]


async def _ask(plan: Plan, call: Call, invitation: bytes, output: Output, slots: asyncio.Semaphore) -> list[Row]:
    async with slots:
        began = time.monotonic()
        process = await start_command(call, invitation, output.write, plan.reach.timeout)
        login = time.monotonic() - began
        trips = await _time_round_trips(process, plan.reach.timeout)
        await (process.end() if process.answers else process.kill())
    rows = []
    ours = plan.invitation.python, plan.invitation.scoop
    for host in call.hosts:
        workers = plan.invitation.workers[host]
        answer = process.answers.get(host)
        if answer is None:
            rows.append(Row(host, workers, problem=str(failure_of(host, process, plan.reach.python, None))))
        else:
            problem = disagreement(host, (answer.python, answer.scoop), ours, plan.reach.python)
            rows.append(Row(host, workers, answer, login, trips.get(host), problem))
    return rows


async def _time_round_trips(process: LauncherProcess, seconds: float) -> dict[str, float]:
    """Return the shortest round trip to each of the hosts that answered, in seconds."""
    shortest: dict[str, float] = {}
    for _ in range(TUNING.round_trips if process.answers else 0):
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
