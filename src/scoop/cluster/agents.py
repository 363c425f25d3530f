"""Start an agent on every host of a run, and keep the agents until the run ends; asyncio.

All are started at once, by the launcher's command (here), or on a Dask cluster (``dask_agents.py``). What the agents'
processes print goes on to our own standard output and standard error, by whole lines. An agent ends when its standard
input does, so none outlives this process.
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from .. import log
from ..tuning import TUNING
from .diagnosis import Diagnosis, Failure, diagnose, is_turned_away
from .invitation import Answer, encode
from .launcher_process import LauncherProcess, Output, Write
from .plan import Call, Plan, calls, invite
from .transport import Terms

__all__ = ["Agents", "TooFewHosts", "check_enough", "failure_of", "new_login_slots", "start_command"]


class TooFewHosts(Exception):
    """Too few hosts take part for the run to begin; the message says of each why it does not."""


def check_enough(joined: int, least: int, failed: Sequence[object]) -> None:
    """Raise TooFewHosts, or warn of the hosts that have failed."""
    if joined < least:
        raise TooFewHosts("\n".join(map(str, failed)))
    for failure in failed:
        log.own.warning("scoop: the run goes on without %s", failure)


class Agents:
    """The agents of a run. ``end`` is to be called even if ``start`` has failed.

    ``on_end`` is called with the name of each agent that ends before that, ``on_left`` for each host that leaves.
    ``joined`` holds the answers of hosts that take part, ``failed`` why others do not.
    """

    def __init__(self, plan: Plan, on_end: Callable[[str], bool], on_left: Callable[[Failure], None]) -> None:
        self.joined: list[Answer] = []
        self.failed: list[Failure] = []
        self._plan = plan
        self._on_end = on_end
        self._on_left = on_left
        self._output = Output()
        self._processes: list[LauncherProcess] = []
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self, terms: Terms) -> int:
        """Start an agent on every host, see how each answers; return how many take part. Raises TooFewHosts."""
        invitation = encode(invite(self._plan, terms))
        slots = new_login_slots()
        async with asyncio.TaskGroup() as group:
            for call in calls(self._plan, terms.port):
                group.create_task(self._start(call, invitation, slots))
        check_enough(len(self.joined), self._plan.least, self.failed)
        self._watchers = [asyncio.create_task(self._watch(process)) for process in self._processes]
        return len(self.joined)

    async def end(self) -> None:
        """End all agents, now that the run has ended; return when they have, or after a few seconds."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*(process.end() for process in self._processes))
        self._output.close()

    async def _start(self, call: Call, invitation: bytes, slots: asyncio.Semaphore) -> None:
        async with slots:
            process = await start_command(call, invitation, self._output.write, self._plan.reach.timeout)
        kinds = {answer.kind for answer in process.answers.values()}
        if "joined" in kinds:
            self._processes.append(process)
        else:
            await (process.end() if kinds else process.kill())
        for host in call.hosts:
            answer = process.answers.get(host)
            if answer is not None and answer.kind == "joined":
                self.joined.append(answer)
                log.own.info("scoop: %s joined: %d workers on %s", host, answer.workers, answer.name)
            else:
                self.failed.append(failure_of(host, process, self._plan.reach.python, answer))

    async def _watch(self, process: LauncherProcess) -> None:
        await process.ended
        for host, answer in process.answers.items():
            if answer.kind == "joined":
                self._on_end(answer.agent)
                self._on_left(failure_of(host, process, self._plan.reach.python, None))


def new_login_slots() -> asyncio.Semaphore:
    return asyncio.Semaphore(TUNING.logins_at_once)


async def start_command(call: Call, invitation: bytes, write: Write, seconds: float) -> LauncherProcess:
    """Start a command that starts agents; return when all have answered, the command has ended, or time is up.

    If an sshd turned the login away because of too many others, try again a few times.
    """
    for tries_left in reversed(range(TUNING.login_tries)):
        process = LauncherProcess(call, invitation, write)
        try:
            async with asyncio.timeout(seconds):
                await process.answered()
        except TimeoutError:
            if not process.answers:
                await process.kill()
                process.status = None
            return process
        except BaseException:
            await process.kill()
            raise
        if process.answers or not (tries_left and is_turned_away(process.said)):
            break
        await asyncio.sleep(random.uniform(0.1, TUNING.login_pause_seconds))
    return process


def failure_of(host: str, process: LauncherProcess, python: str, answer: Answer | None) -> Failure:
    """Return why a host does not take part: its agent's own words, or a diagnosis of how the command ended."""
    said = tuple(process.said)
    found = Diagnosis(answer.why, "") if answer else diagnose(host, python, process.status, said)
    return Failure(host, process.call.words, process.status, said, found)
