"""The process of another machine that connects its broker with the coordinator; asyncio."""

import asyncio
import signal
import socket

from ..wire.messages import Message, Welcome
from .lines.broker_link import BrokerLink
from .lines.connection import Ending
from .lines.dialing import Dialing
from .lines.link_state import LinkState
from .lines.transport import LEAVE_SIGNAL, Connection, Terms
from .spreading.receiving import Receiving

__all__ = ["serve_agent_link"]


async def serve_agent_link(sock: socket.socket, terms: Terms, workers: int) -> bool:
    """Connect the broker, to which ``sock`` leads, with the coordinator, until the run ends or the broker does.

    ``workers`` is how many it has.

    Return True if the connection was lost, the broker was ended for that, and the coordinator has been reached again:
    then this machine may join the run afresh.
    """
    dialing = Dialing(terms, terms.name or socket.gethostname(), workers)
    try:
        await dialing.join()
    except OSError as problem:
        raise OSError(f"the run at {terms.address} does not answer: {problem}") from problem
    keeping = asyncio.create_task(dialing.keep())
    welcome = await dialing.connection.read()
    if not isinstance(welcome, Welcome):
        raise OSError(f"the run at {terms.address} has hung up")
    await _AgentLink(sock, dialing.connection, terms, welcome).serve()
    if dialing.connection.ending is Ending.CLOSED:
        keeping.cancel()
        return False
    return await keeping


class _AgentLink:
    def __init__(self, sock: socket.socket, connection: Connection, terms: Terms, welcome: Welcome) -> None:
        self._connection = connection
        self._state = LinkState()
        self._broker = BrokerLink(sock, self._from_broker)
        self._receiving = Receiving(welcome.machine, terms, connection.post, self._to_broker)
        self._broker.post(welcome)  # the broker waits for it, and starts its workers then
        self._retiring = False
        self._may_leave = asyncio.Event()

    async def serve(self) -> None:
        """Pass messages on until the run, or this machine, ends, or it has left."""
        asyncio.get_running_loop().add_signal_handler(LEAVE_SIGNAL, self._retire)
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # else it is for the program to heed
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._retire)
        ends = (self._listen(), self._broker.ended.wait(), self._may_leave.wait())
        _, left = await asyncio.wait(map(asyncio.ensure_future, ends), return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await self._receiving.close()
        self._broker.close()
        await self._connection.close()

    async def _listen(self) -> None:
        while (message := await self._connection.read()) is not None:
            self._receiving.take(message)

    def _to_broker(self, message: Message) -> None:
        self._broker.post(self._state.from_coordinator(message))
        self._look_if_it_may_leave()

    def _from_broker(self, message: Message) -> None:
        self._connection.post(self._state.from_broker(message))
        self._look_if_it_may_leave()

    def _retire(self) -> None:
        if not self._retiring:
            self._retiring = True
            self._connection.post(self._state.retire())

    def _look_if_it_may_leave(self) -> None:
        if self._state.may_leave and self._receiving.empty:
            self._may_leave.set()
