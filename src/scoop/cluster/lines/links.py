"""The links of a machine, in an event loop: to its broker and, if it is not the origin's, to the coordinator."""

import asyncio
import signal
import socket
from collections.abc import Callable

from ...wire.messages import Message, Welcome
from ...wire.sockets import Channel
from .link_state import LinkState
from .transport import LEAVE_SIGNAL, Connection, Terms

__all__ = ["BrokerLink", "serve_agent_link"]


class BrokerLink:
    """The uplink's end of the socket pair to the broker of its machine. ``take`` is called with each message."""

    def __init__(self, sock: socket.socket, take: Callable[[Message], None]) -> None:
        self.ended = asyncio.Event()
        self._channel = Channel(sock, self._watch)
        self._sock = sock
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._read)

    def post(self, message: Message) -> None:
        """Send a message, soon; none, if the link is closed."""
        if self._sock.fileno() != -1:
            self._channel.post(message)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()

    def _read(self) -> None:
        messages = self._channel.receive()
        if messages is None:
            self._loop.remove_reader(self._sock)
            self.ended.set()
        for message in messages or ():
            self._take(message)

    def _watch(self, unsent: bool) -> None:
        if unsent:
            self._loop.add_writer(self._sock, self._channel.flush)
        else:
            self._loop.remove_writer(self._sock)


async def serve_agent_link(sock: socket.socket, terms: Terms, workers: int) -> bool:
    """Connect the broker, to which ``sock`` leads, with the coordinator, until the run ends or the broker does.

    ``workers`` is how many it has.

    Return True if the connection was lost, the broker was ended for that, and the coordinator has been reached again:
    then this machine may join the run afresh.
    """
    from .connection import Ending
    from .dialing import Dialing  # takes a second, so the origin does not import it

    dialing = Dialing(terms, terms.name or socket.gethostname(), workers)
    try:
        await dialing.join()
    except OSError as problem:
        raise OSError(f"the run at {terms.address} does not answer: {problem}") from problem
    keeping = asyncio.create_task(dialing.keep())
    welcome = await dialing.connection.read()
    if not isinstance(welcome, Welcome):
        raise OSError(f"the run at {terms.address} has hung up")
    await _AgentLink(sock, dialing.connection).serve(welcome)
    if dialing.connection.ending is Ending.CLOSED:
        keeping.cancel()
        return False
    return await keeping


class _AgentLink:
    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self._connection = connection
        self._state = LinkState()
        self._broker = BrokerLink(sock, self._from_broker)
        self._retiring = False
        self._may_leave = asyncio.Event()

    async def serve(self, welcome: Welcome) -> None:
        """Pass messages on until the run, or this machine, ends, or it has left."""
        asyncio.get_running_loop().add_signal_handler(LEAVE_SIGNAL, self._retire)
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # else it is for the program to heed
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._retire)
        self._broker.post(welcome)  # the broker waits for it, and starts its workers then
        ends = (self._listen(), self._broker.ended.wait(), self._may_leave.wait())
        _, left = await asyncio.wait(map(asyncio.ensure_future, ends), return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        self._broker.close()
        await self._connection.close()

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
