"""The transport that is made of Dask's ``distributed``: its connections, its TLS, its frames."""

import asyncio
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dask
from distributed import comm
from distributed.comm import CommClosedError
from distributed.security import Security

from ..tuning import TUNING
from ..wire.messages import MalformedMessage, Message
from ..wire.shared_buffers import has_memfds
from .call_again import call_again
from .certificate import new_certificate
from .entrance import Entrance
from .pieces import PieceReader, pieces_of
from .transport import Connection, TakeConnection, Terms

__all__ = ["join", "listen", "new_terms"]

PING_SECONDS = 2.0  # between two signs of life, if no more are needed
GREETING_SECONDS = 15.0  # within which whoever calls must say what for

_log = logging.getLogger("scoop.run")

# It warns of a machine that reaches no network.
warnings.filterwarnings("ignore", module=r"distributed\.")

# A line for each stranger would be as many as strangers like: the entrance counts them.
logging.getLogger("distributed.comm.tcp").addFilter(lambda record: "handshake failed" not in record.getMessage())

# Arrays hardly shrink, and to compress them takes longer than to send them.
dask.config.set({"distributed.comm.compression": False, "distributed.comm.timeouts.connect": "20s"})


def new_terms(run: str) -> Terms:
    """Return terms with a certificate made for this run, which proves that a machine belongs to it."""
    key, certificate = new_certificate()
    return Terms(run, "", key + certificate, certificate)


@contextmanager
def _security(terms: Terms) -> Iterator[Security]:
    """Yield what proves that this process belongs to the run.

    ``ssl`` reads it from files only. Dask would write a file with the key, which stays behind if this process is
    killed meanwhile. The file made here has no name, and is gone with the process.
    """
    with ExitStack() as files:
        proof = terms.certificate
        if has_memfds():
            file = files.enter_context(open(os.memfd_create("scoop"), "w", encoding="ascii"))
            file.write(proof)
            file.flush()
            proof = f"/proc/self/fd/{file.fileno()}"
        yield Security(
            require_encryption=True, tls_ca_file=terms.authority, tls_scheduler_cert=proof, tls_worker_cert=proof
        )


class _Connection:
    """See Connection. What is sent are pieces of messages, or nothing at all, as a sign of life."""

    def __init__(self, comm: Any, silence: float) -> None:
        self._comm = comm
        self._silence = silence  # after which the other side counts as lost: a cable that is cut says nothing
        self._reader = PieceReader()
        self._unsent: asyncio.Queue[Message] = asyncio.Queue()
        self._sending = asyncio.create_task(self._send())

    def post(self, message: Message) -> None:
        self._unsent.put_nowait(message)

    async def read(self) -> Message | None:
        while True:
            try:
                async with asyncio.timeout(self._silence):
                    piece = await self._comm.read()
                if piece and (message := self._reader.feed(piece)) is not None:
                    return message
            except (CommClosedError, OSError, TimeoutError, ValueError, MalformedMessage):
                self.close()
                return None

    def close(self) -> None:
        self._sending.cancel()
        self._comm.abort()

    async def _send(self) -> None:
        try:
            while True:
                try:
                    async with asyncio.timeout(min(PING_SECONDS, self._silence / 4)):
                        message = await self._unsent.get()
                except TimeoutError:
                    await self._comm.write(())
                    continue
                for piece in pieces_of(message):
                    await self._comm.write(piece)
                    await self._comm.stream.write(b"")  # until it is sent: else all pieces would wait in memory
                del message
        except (CommClosedError, OSError):
            self._comm.abort()  # which ends read()


async def listen(
    host: str, take: TakeConnection, silence: float = TUNING.silence_seconds
) -> tuple[Terms, Callable[[], None]]:
    """Let machines join a new run, whose name cannot be guessed; return its terms, and a function that ends that.

    Others reach this machine by ``host``. Who says nothing for ``silence`` seconds counts as lost. Strangers are
    refused, and logged.
    """
    terms = new_terms(os.urandom(16).hex())._replace(silence=silence)

    async def answer(connected: Any) -> None:
        entrance.known(connected.stream)  # its handshake has shown the certificate of this run
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                run, name, workers = await connected.read()
        except (CommClosedError, OSError, TimeoutError, ValueError, TypeError):
            run, name, workers = "", "", 0
        if run != terms.run:
            _log.warning("scoop: a stranger's call from %s is refused", connected.peer_address)
            connected.abort()
            return
        await take(_Connection(connected, silence), name, workers)

    with _security(terms) as security:
        arguments = security.get_listen_args("scheduler")
    listener = comm.listen("tls://:0", answer, deserialize=True, **arguments)
    await listener.start()
    entrance = Entrance(listener.tcp_server.handle_stream)
    listener.tcp_server.handle_stream = entrance.enter

    def stop() -> None:
        listener.stop()
        entrance.close()

    return terms._replace(address=f"tls://{host}:{listener.get_host_port()[1]}"), stop


async def join(terms: Terms, name: str, workers: int) -> Connection:
    """Connect to a run, as the machine of this name with so many workers. Raises OSError if none answers."""
    with _security(terms) as security:
        arguments = security.get_connection_args("worker")
    connected = await call_again(lambda: comm.connect(terms.address, timeout=30, **arguments))
    await connected.write((terms.run, name, workers))
    return _Connection(connected, terms.silence)
