"""The uplink of a machine that is not the origin's: it connects its broker with the coordinator."""

import asyncio
import signal
import socket

from ..wire.messages import Message, Welcome
from .broker_link import BrokerLink
from .link_state import LinkState
from .terms import Terms
from .transport import Connection, Transport

__all__ = ["serve"]


class _AgentLink:
    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self._connection = connection
        self._state = LinkState()
        self._broker = BrokerLink(sock, self._from_broker)
        self._retiring = False
        self._may_leave = asyncio.Event()

    async def serve(self, welcome: Welcome) -> None:
        """Pass messages on until the run, or this machine, ends, or it has left."""
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # else it is for the program to heed
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._retire)
        self._broker.post(welcome)  # the broker waits for it, and starts its workers then
        ends = (self._listen(), self._broker.ended.wait(), self._may_leave.wait())
        _, left = await asyncio.wait(map(asyncio.ensure_future, ends), return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        self._connection.close()
        self._broker.close()

    async def _listen(self) -> None:
        while (message := await self._connection.read()) is not None:
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
        if self._state.may_leave:
            self._may_leave.set()


async def serve(sock: socket.socket, terms: Terms, transport: Transport) -> None:
    """Be the uplink of this machine until the run ends. ``sock`` leads to the broker; its end ends that."""
    try:
        connection = await transport.join(terms, socket.gethostname())
        welcome = await connection.read()
    except OSError as problem:
        raise OSError(f"the run at {terms.address} does not answer: {problem}") from problem
    if not isinstance(welcome, Welcome):
        raise OSError(f"the run at {terms.address} has hung up")
    await _AgentLink(sock, connection).serve(welcome)
