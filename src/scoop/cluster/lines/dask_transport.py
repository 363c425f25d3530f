"""The transport that is made of Dask's ``distributed``: its connections, its TLS, its frames."""

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import dask
from distributed import comm
from distributed.comm import CommClosedError
from distributed.security import Security
from tornado.iostream import StreamClosedError

from ...wire.shared_buffers import has_memfds
from .call_again import call_again
from .certificate import new_certificate
from .entrance import Entrance
from .transport import Line, LineBroken, MeetLine, Terms

__all__ = ["connect", "listen", "new_terms"]

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


class _Line:
    """See Line."""

    def __init__(self, comm: Any) -> None:
        self._comm = comm
        self._stream = comm.stream

    @property
    def peer(self) -> str:
        return str(self._comm.peer_address)

    async def read(self) -> Any:
        try:
            return await self._comm.read()
        except (CommClosedError, OSError):
            raise self._broken() from None

    async def write(self, frame: Any) -> None:
        try:
            await self._comm.write(frame)
            await self._stream.write(b"")  # until it is sent: else all frames would wait in memory
        except (StreamClosedError, CommClosedError, OSError):
            raise self._broken() from None

    def close(self) -> None:
        self._comm.abort()

    def _broken(self) -> LineBroken:
        return LineBroken(hung_up=self._stream.closed() and self._stream.error is None)


async def listen(host: str, terms: Terms, meet: MeetLine) -> tuple[Terms, Callable[[], None]]:
    """Let processes with the key of these terms open lines; return the terms with the address, and what ends that.

    Other machines reach this machine by ``host``. Strangers are refused, and logged.
    """

    async def answer(connected: Any) -> None:
        entrance.known(connected.stream)  # its handshake has shown the certificate of this run
        await meet(_Line(connected))

    with _security(terms) as security:
        arguments = security.get_listen_args("scheduler")
    listener = comm.listen("tls://:0", answer, deserialize=True, **arguments)
    await listener.start()
    serve = listener.tcp_server.handle_stream

    async def serve_open(stream: Any, address: Any) -> None:
        with suppress(CommClosedError):  # it may have hung up while it stood in line
            await serve(stream, address)

    entrance = Entrance(serve_open)
    listener.tcp_server.handle_stream = entrance.enter

    def stop() -> None:
        listener.stop()
        entrance.close()

    return terms._replace(address=f"tls://{host}:{listener.get_host_port()[1]}"), stop


async def connect(terms: Terms, seconds: float) -> Line:
    """Open a line to the coordinator of a run. Raises OSError if it does not answer within so many seconds."""
    with _security(terms) as security:
        arguments = security.get_connection_args("worker")
    return _Line(await call_again(lambda: comm.connect(terms.address, timeout=seconds, **arguments)))
