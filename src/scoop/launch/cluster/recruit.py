"""Start a station on every host, and look after them; asyncio.

All are started at once, a login a host. What the stations' processes print goes on to our own standard output and
standard error, by whole lines. All of them end when their standard input does: nothing of them outlives this process.
"""

import asyncio
import random
import shlex
from collections.abc import Callable
from typing import NamedTuple

import scoop

from ...uplink.terms import Terms
from .calls import Call, Plan, calls, invite, port_of
from .diagnosis import Diagnosis, diagnose, is_turned_away
from .invitation import Answer, encode
from .process import Process
from .streams import Output, Sink

__all__ = ["AT_ONCE", "Crew", "Failure", "TooFewHosts", "answered", "failure_of", "recruit"]

AT_ONCE = 32
"""Commands under way at a time: gateways take no more than so many logins."""

TRIES, PAUSE = 4, 1.0
"""How often a login is tried that was turned away because of too many, and the longest pause before, in seconds."""

_MOST_SHOWN = 300


class Failure(NamedTuple):
    """A host that does not take part, or no more.

    Parameters:
        host: what the run calls it.
        words: the command that was to start its station.
        status: with which that ended; None if it was given up.
        said: the last lines of its standard error.
        diagnosis: what most likely went wrong.
    """

    host: str
    words: list[str]
    status: int | None
    said: tuple[str, ...]
    diagnosis: Diagnosis

    def __str__(self) -> str:
        command = shlex.join(self.words)
        command = command if len(command) < _MOST_SHOWN else command[: _MOST_SHOWN - 3] + "..."
        how = "given up" if self.status is None else f"status {self.status}"
        said = "".join(f"\n    {line}" for line in self.said)
        remedy = f"; {self.diagnosis.remedy}" if self.diagnosis.remedy else ""
        return f"{self.host}: {self.diagnosis.cause}{remedy}\n    {command}  ({how}){said}"


class TooFewHosts(Exception):
    """So few hosts take part that the run cannot begin; the message says why of each."""


class Crew:
    """The stations of a run.

    Parameters:
        joined: what those say that take part.
        failed: why others do not.
    """

    def __init__(self) -> None:
        self.joined: list[Answer] = []
        self.failed: list[Failure] = []
        self._output = Output()
        self._processes: list[Process] = []
        self._watchers: list[asyncio.Task[None]] = []

    @property
    def hosts(self) -> int:
        """How many hosts take part."""
        return len(self.joined)

    async def dismiss(self) -> None:
        """Tell all stations that the run has ended, and wait until they have, a few seconds at most."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*(process.end() for process in self._processes))
        self._output.close()

    async def _recruit(self, plan: Plan, terms: Terms, on_left: Callable[[Failure], None]) -> None:
        letter = encode(invite(plan, terms))
        slots = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls(plan, port_of(terms)):
                    group.create_task(self._bring(call, letter, plan, slots))
        except BaseException:
            await self.dismiss()
            raise
        if len(self.joined) < plan.least:
            await self.dismiss()
            raise TooFewHosts("\n".join(map(str, self.failed)))
        for failure in self.failed:
            scoop.logger.warning("scoop: the run goes on without %s", failure)
        for process in self._processes:
            self._watchers.append(asyncio.create_task(self._watch(process, plan, on_left)))

    async def _bring(self, call: Call, letter: bytes, plan: Plan, slots: asyncio.Semaphore) -> None:
        async with slots:
            process = await answered(call, letter, self._output, plan.reach.timeout)
        kinds = {answer.kind for answer in process.answers.values()}
        if "joined" in kinds:
            self._processes.append(process)
        else:
            await (process.end() if kinds else process.kill())
        for host in call.hosts:
            answer = process.answers.get(host)
            if answer is not None and answer.kind == "joined":
                self.joined.append(answer)
                scoop.logger.info("scoop: %s joined: %d workers on %s", host, answer.workers, answer.name)
            else:
                self.failed.append(failure_of(host, process, plan.reach.python, answer))

    async def _watch(self, process: Process, plan: Plan, on_left: Callable[[Failure], None]) -> None:
        assert process.ended is not None
        await process.ended
        for host, answer in process.answers.items():
            if answer.kind == "joined":
                on_left(failure_of(host, process, plan.reach.python, None))


async def recruit(plan: Plan, terms: Terms, on_left: Callable[[Failure], None]) -> Crew:
    """Start a station on every host; return when each has answered, or was given up.

    Parameters:
        plan: the hosts, and how to reach them.
        terms: what they need to join the run.
        on_left: called for each host that leaves later, before the crew is dismissed.

    Raises TooFewHosts, with nothing left behind.
    """
    crew = Crew()
    await crew._recruit(plan, terms, on_left)
    return crew


async def answered(call: Call, letter: bytes, output: Sink, seconds: float) -> Process:
    """Start the command, again if it was turned away for a crowd, and wait until it has had its answers, or time."""
    for tries_left in reversed(range(TRIES)):
        process = Process(call, letter, output)
        try:
            async with asyncio.timeout(seconds):
                await process.start()
                await process.answered()
        except TimeoutError:
            if not process.answers:
                await process.kill()
                process.status = None
            return process
        except OSError as problem:
            process.said.append(f"{call.words[0]}: {problem.strerror}")
            process.status = 127
            return process
        except BaseException:
            await process.kill()
            raise
        if process.answers or not (tries_left and is_turned_away(process.said)):
            break
        await asyncio.sleep(random.uniform(0.1, PAUSE))
    return process


def failure_of(host: str, process: Process, python: str, answer: Answer | None) -> Failure:
    """Return why a host does not take part: because it said so, or because of what became of its command."""
    said = tuple(process.said)
    found = Diagnosis(answer.why, "") if answer else diagnose(host, python, process.status, said)
    return Failure(host, process.call.words, process.status, said, found)
