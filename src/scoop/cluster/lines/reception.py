"""Where other machines arrive: their sessions, and the lines that they open for these; asyncio."""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import NamedTuple

from ...tuning import TUNING
from .connection import Ending, LastingConnection
from .greeting import GIVEN_UP, Greeting, Reply, Verdict, read_greeting
from .session import SessionBroken
from .tls_transport import listen
from .transport import Line, LineBroken, TakeConnection, Terms

__all__ = ["Reception"]

_GREETING_SECONDS = 15.0  # within which a caller must say what it wants

_log = logging.getLogger("scoop.run")


class _Guest(NamedTuple):
    agent: str
    connection: LastingConnection


class Reception:
    """Lets machines join a run. ``take`` is called with the connection to each, once, its name, and its number of
    workers.

    Parameters:
        silence: seconds without a sign of life after which a line is given up.
        grace: seconds after that in which the machine may open a new one.
    """

    def __init__(
        self, take: TakeConnection, silence: float = TUNING.silence_seconds, grace: float = TUNING.silence_seconds
    ) -> None:
        self._take = take
        self._silence, self._grace = silence, grace
        self._run = ""
        self._guests: dict[str, _Guest] = {}  # by session
        self._agents: set[str] = set()  # that have ever come
        self._ended: set[str] = set()  # agents that count as ended
        self._stop: Callable[[], None] = lambda: None

    async def open(self, host: str) -> Terms:
        """Listen, for a new run whose name cannot be guessed; others reach this machine by ``host``."""
        from .certificate import new_terms  # only here: the other machines need no package for it

        self._run = os.urandom(16).hex()
        terms = new_terms(self._run)._replace(silence=self._silence, grace=self._grace)
        terms, self._stop = await listen(host, terms, self._meet)
        return terms

    def close(self) -> None:
        self._stop()

    def has(self, agent: str) -> bool:
        """Return whether the machine of an agent takes part, if only after a pause."""
        return any(guest.agent == agent and guest.connection.ending is None for guest in self._guests.values())

    def agent_ended(self, agent: str) -> bool:
        """The launcher says that an agent has ended, or cannot be ended any more; return whether it had joined."""
        self._ended.add(agent)
        self._give_up_those_of(agent)
        return agent in self._agents

    def _give_up_those_of(self, agent: str) -> None:
        for guest in self._guests.values():
            if agent and guest.agent == agent:
                guest.connection.end(Ending.LOST)

    async def _meet(self, line: Line) -> None:
        greeting = await self._hear(line)
        if greeting is None:
            line.close()
        elif greeting.agent in self._ended:
            await _refuse(line, Verdict.UNWANTED)
        elif not greeting.session:
            await self._begin(line, greeting)
        elif not self._go_on(line, greeting):
            await _refuse(line, Verdict.LOST)

    async def _hear(self, line: Line) -> Greeting | None:
        try:
            async with asyncio.timeout(_GREETING_SECONDS):
                greeting = read_greeting(await line.read())
        except (LineBroken, TimeoutError):
            greeting = None
        if greeting is not None and greeting.run == self._run:
            return greeting
        _log.warning("scoop: a stranger's call from %s is refused", line.peer)
        return None

    async def _begin(self, line: Line, greeting: Greeting) -> None:
        """Have a new session, until it ends."""
        self._give_up_those_of(greeting.agent)  # it has given it up itself, or has never heard of it
        self._agents.add(greeting.agent)
        session = os.urandom(16).hex()
        connection = LastingConnection(self._silence, self._grace, lambda back: self._tell(greeting.name, back))
        if not await _answer(line, Reply(Verdict.WELCOME, session, 0)):
            return
        connection.attach(line, 0)
        self._guests[session] = _Guest(greeting.agent, connection)
        try:
            await self._take(connection, greeting.name, greeting.workers)
        finally:
            connection.end(Ending.CLOSED)
            del self._guests[session]

    def _go_on(self, line: Line, greeting: Greeting) -> bool:
        """Go on with a session on a new line; return False if it is lost."""
        guest = self._guests.get(greeting.session)
        if guest is None or guest.connection.ending is not None:
            return False
        connection = guest.connection
        try:
            if greeting.received == GIVEN_UP:
                raise SessionBroken("the other side has given it up")
            connection.attach(line, greeting.received, Reply(Verdict.WELCOME, greeting.session, connection.received))
        except SessionBroken:
            connection.end(Ending.LOST)
            return False
        return True

    def _tell(self, name: str, back: bool) -> None:
        if back:
            _log.warning("scoop: %s is back, and goes on", name)
        else:
            _log.warning("scoop: the connection to %s is broken; it has %g s to connect again", name, self._grace)


async def _refuse(line: Line, verdict: Verdict) -> None:
    await _answer(line, Reply(verdict, "", 0))
    line.close()


async def _answer(line: Line, reply: Reply) -> bool:
    try:
        await line.write(reply)
    except LineBroken:
        line.close()
        return False
    return True
