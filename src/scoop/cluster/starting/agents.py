"""Start an agent on every host of a run, and keep the agents until the run ends; asyncio.

All are started at once, by the launcher's command (here), or on a cluster that is up (``cluster_agents.py``). What
the agents' processes print goes on to our own standard output and standard error, by whole lines. An agent ends when
its standard input does, so none outlives this process.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ... import log
from ...tuning import TUNING
from ..lines.transport import Terms
from ..planning.invitation import Answer, encode
from ..planning.plan import Call, Plan, calls, invite
from .decision import tell_of_missing, tell_of_names, until_decided
from .diagnosis import Diagnosis, Failure, diagnose, diagnose_loss, is_turned_away
from .launcher_process import LauncherProcess, Output, Write

__all__ = ["Agents", "Machines", "TooFewHosts", "check_enough"]
__all__ += ["failure_of", "loss_of", "new_login_slots", "start_command"]


class TooFewHosts(Exception):
    """Too few hosts take part for the run to begin; the message says of each why it does not."""


def check_enough(joined: int, least: int, failed: Sequence[object]) -> None:
    """Raise TooFewHosts, or warn of the hosts that have failed."""
    if joined < least:
        raise TooFewHosts("\n".join(map(str, failed)))
    for failure in failed:
        log.own.warning("scoop: the run goes on without %s", failure)


class Machines(Protocol):
    """The machines of the run, by the names of their agents."""

    def has(self, agent: str) -> bool:
        """Return whether its machine has joined, and is not lost."""

    def agent_ended(self, agent: str) -> bool:
        """Count the agent as ended; return whether its machine has ever joined."""


class Agents:
    """The agents of a run. ``end`` is to be called even if ``start`` has failed.

    ``machines`` are told of each agent that ends before that; ``on_left`` is called for each host that leaves.
    ``joined`` holds the answers of hosts that take part, ``failed`` why others do not.
    """

    def __init__(self, plan: Plan, machines: Machines, on_left: Callable[[Failure], None]) -> None:
        self.joined: list[Answer] = []
        self.failed: list[Failure] = []
        self._plan = plan
        self._machines = machines
        self._on_left = on_left
        self._output = Output()
        self._invitation = b""
        self._slots = new_login_slots()
        self._processes: list[LauncherProcess] = []
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self, terms: Terms) -> int:
        """Start an agent on every host, see how each answers; return how many take part. Raises TooFewHosts."""
        self._invitation = encode(invite(self._plan, terms))
        starting = [asyncio.create_task(self._start_first(call)) for call in calls(self._plan, terms.port)]
        try:
            await until_decided(starting, lambda: len(self._plan.hosts) - len(self.failed) >= self._plan.least)
        except asyncio.CancelledError:
            tell_of_missing(self._plan, self.joined, self.failed)
            raise
        check_enough(len(self.joined), self._plan.least, self.failed)
        tell_of_names(self._plan, self.joined)
        self._watchers = [asyncio.create_task(self._watch(process)) for process in self._processes]
        return len(self.joined)

    async def end(self) -> None:
        """End all agents, now that the run has ended; return when they have, or after a few seconds."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        await asyncio.gather(*(process.end() for process in self._processes))
        self._output.close()

    async def _start_first(self, call: Call) -> None:
        _, failures = await self._start(call)
        self.failed += failures

    async def _start(self, call: Call) -> tuple[LauncherProcess | None, list[Failure]]:
        """Start a command; return it, if a host takes part by it, and why others do not."""
        async with self._slots:
            process = await start_command(call, self._invitation, self._output.write, self._plan.reach.timeout)
        kinds = {answer.kind for answer in process.answers.values()}
        if "joined" in kinds:
            self._processes.append(process)
        else:
            await (process.end() if kinds else process.kill())
        for answer in _joined(process):
            self.joined.append(answer)
            log.own.info("scoop: %s joined: %d workers on %s", answer.host, answer.workers, answer.name)
        missing = {*call.hosts} - {answer.host for answer in _joined(process)}
        failures = [self._failure(process, host) for host in call.hosts if host in missing]
        return (process if "joined" in kinds else None), failures

    async def _watch(self, process: LauncherProcess) -> None:
        """Start a command again when it ends before the run, as often as the plan says."""
        for number in range(self._plan.reach.restarts + 1):
            began = time.monotonic()
            await self._ended(process)
            seconds = time.monotonic() - began
            hosts = [answer.host for answer in _joined(process)]
            worked = [self._machines.agent_ended(answer.agent) for answer in _joined(process)]
            if number == self._plan.reach.restarts or not all(worked):
                self._leave([loss_of(host, process, seconds) for host in hosts])
                return
            about = ", ".join(hosts), process.status, number + 1, self._plan.reach.restarts
            log.own.warning("scoop: %s: its agent has ended, and is started again (status %s, %d of %d)", *about)
            self._processes.remove(process)
            again, failed = await self._start_again(process.call)
            self._leave([failure for failure in failed if failure.host in hosts])
            if again is None:
                return
            process = again

    async def _ended(self, process: LauncherProcess) -> None:
        """Wait until a command has ended. End it if all its machines are away for too long.

        A command may outlive a machine: the agent was stopped, or is cut off from the run but not from the command.
        """
        clock = asyncio.get_running_loop().time
        seen = clock()
        while not process.ended.done():
            if any(self._machines.has(answer.agent) for answer in _joined(process)):
                seen = clock()
            elif clock() > seen + self._plan.reach.back_within:
                await process.kill()
            await asyncio.wait((process.ended,), timeout=TUNING.absence_look_seconds)

    async def _start_again(self, call: Call) -> tuple[LauncherProcess | None, list[Failure]]:
        """Start a command, in vain for as long as a host may be away: it may be starting itself."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._plan.reach.grace
        while not (outcome := await self._start(call))[0] and clock() < until:
            await asyncio.sleep(TUNING.restart_pause_seconds)
        return outcome

    def _leave(self, failures: list[Failure]) -> None:
        for failure in failures:
            self._on_left(failure)

    def _failure(self, process: LauncherProcess, host: str) -> Failure:
        answer = process.answers.get(host)
        refused = answer if answer is not None and answer.kind != "joined" else None
        return failure_of(host, process, self._plan.reach.python, refused)


def _joined(process: LauncherProcess) -> list[Answer]:
    return [answer for answer in process.answers.values() if answer.kind == "joined"]


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


def loss_of(host: str, process: LauncherProcess, seconds: float) -> Failure:
    """Return what became of a host that has taken part for so long."""
    said = tuple(process.said)
    return Failure(host, process.call.words, process.status, said, diagnose_loss(seconds, said))
