"""How a machine reaches the coordinator, and does so again whenever the line breaks; asyncio."""

import asyncio

from ...tuning import TUNING
from .connection import Ending, LastingConnection
from .greeting import GIVEN_UP, Greeting, Reply, Verdict
from .session import SessionBroken
from .tls_transport import connect
from .transport import LineBroken, Terms

__all__ = ["Dialing"]


class Dialing:
    """The connection of one machine to a run, and the lines for it. To be made in an event loop.

    Parameters:
        name: of the machine, for people.
        workers: how many it has.
    """

    def __init__(self, terms: Terms, name: str, workers: int) -> None:
        self.connection = LastingConnection(terms.silence, terms.grace)
        self._terms = terms
        self._name = name
        self._workers = workers
        self._session = ""

    async def join(self) -> None:
        """Begin a session. Raises OSError if the run does not answer, or refuses this machine."""
        try:
            verdict = await self._dial(max(TUNING.join_seconds, self._terms.silence))
        except LineBroken:
            raise OSError(f"the run at {self._terms.address} has hung up") from None
        if verdict != Verdict.WELCOME:
            raise OSError(f"the run at {self._terms.address} refuses this machine")

    async def keep(self) -> bool:
        """Have a new line whenever there is none, until the connection has ended; return whether to join afresh."""
        while await self.connection.line_is_missing():
            verdict = await self._dial_until_answered()
            if verdict != Verdict.WELCOME:
                self.connection.end(Ending.LOST if verdict == Verdict.LOST else Ending.GOODBYE)
                return verdict == Verdict.LOST
        return False

    async def _dial_until_answered(self) -> Verdict:
        """Dial, also when the session is lost meanwhile; UNWANTED if the run has ended, or never answers."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._terms.silence + self._terms.grace + TUNING.dial_at_most_seconds
        refusals = 0
        while clock() < until and refusals < TUNING.refusals_at_most:
            try:
                return await self._dial(TUNING.dial_seconds)
            except ConnectionRefusedError:
                refusals += 1
            except (OSError, LineBroken, TimeoutError):
                refusals = 0
            await asyncio.sleep(TUNING.dial_pause_seconds)
        return Verdict.UNWANTED

    async def _dial(self, seconds: float) -> Verdict:
        terms, connection = self._terms, self.connection
        line = await connect(terms, seconds)
        try:
            async with asyncio.timeout(seconds):
                received = GIVEN_UP if connection.ending else connection.received
                about = self._name, self._workers, terms.agent, self._session, received
                await line.write(Greeting(terms.run, *about))
                reply = Reply(*await line.read())
            verdict = Verdict(reply.verdict)
            if verdict == Verdict.WELCOME and connection.ending is None:
                connection.attach(line, reply.received)
                self._session = reply.session
                return verdict
        except (ValueError, TypeError, SessionBroken):
            verdict = Verdict.LOST
        except BaseException:
            line.close()
            raise
        line.close()
        return Verdict.LOST if verdict == Verdict.WELCOME else verdict
