"""The uplink of a machine that is not the origin's: an envoy between its broker and the exchange."""

import asyncio
import logging
import signal
import socket

from ..wire.messages import Message
from .broker_line import BrokerLine
from .dask import Line, join
from .envoy import HOME, Envoy, Order
from .terms import Terms

__all__ = ["serve"]

_log = logging.getLogger("scoop")


class _Outpost:
    def __init__(self, sock: socket.socket, line: Line, number: int) -> None:
        self._line = line
        self._envoy = Envoy(0, number)
        self._broker = BrokerLine(sock, self._from_home)
        self._retiring = False
        self._may_leave = asyncio.Event()

    async def serve(self) -> None:
        """Pass messages on until the run, or this machine, ends, or it has left."""
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # else it is the program's to heed, and not ours
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._retire)
        listening = asyncio.create_task(self._listen())
        ending = asyncio.create_task(self._broker.ended.wait())
        leaving = asyncio.create_task(self._may_leave.wait())
        _, left = await asyncio.wait((listening, ending, leaving), return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        self._line.close()
        self._broker.close()

    async def _listen(self) -> None:
        while (message := await self._line.read()) is not None:
            self._carry_out(self._envoy.from_abroad(message))

    def _from_home(self, message: Message) -> None:
        self._carry_out(self._envoy.from_home(message))

    def _retire(self) -> None:
        if not self._retiring:
            self._retiring = True
            self._carry_out(self._envoy.retire())

    def _carry_out(self, orders: list[Order]) -> None:
        for to, message in orders:
            (self._broker if to == HOME else self._line).post(message)
        if self._envoy.may_leave:
            self._may_leave.set()


async def serve(sock: socket.socket, terms: Terms) -> None:
    """Be the uplink of this machine until the run ends. ``sock`` leads to the broker; its end ends that."""
    try:
        line = await join(terms, socket.gethostname())
        first = await line.read()
    except OSError as problem:
        raise OSError(f"the run at {terms.address} does not answer: {problem}") from problem
    if first is None:
        raise OSError(f"the run at {terms.address} has hung up")
    await _Outpost(sock, line, first.parcel).serve()
