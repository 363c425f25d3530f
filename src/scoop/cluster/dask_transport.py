"""Lines between machines, by Dask's ``distributed``: its connections, its TLS, its frames.

All that knows Dask is here. Another engine has to offer the same: ``new_run``, ``new_terms``, ``Listener``, ``join``,
and lines that keep order, lose nothing while they last, and end soon after the other side has. README.md says more.
"""

import asyncio
import logging
import os
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dask
from distributed.comm import CommClosedError, connect, listen
from distributed.security import Security

from ..wire.cargo import Cargo, can_carry
from ..wire.messages import Kind, Message
from .terms import Terms

__all__ = ["Line", "Listener", "join", "new_run", "new_terms"]

PING = 2.0
"""Seconds between two signs of life."""

SILENCE = 15.0
"""Seconds without one after which the other side counts as lost: a cable that is cut says nothing."""

_log = logging.getLogger("scoop")

# On a machine without a way into the world it warns of that.
warnings.filterwarnings("ignore", module=r"distributed\.")

# Strangers are logged; who only looks whether somebody listens is not worth a word.
logging.getLogger("distributed.comm.tcp").addFilter(lambda record: "EOF occurred" not in record.getMessage())

# Arrays do not shrink, and their compression would take longer than their journey.
dask.config.set({"distributed.comm.compression": False, "distributed.comm.timeouts.connect": "20s"})


def new_terms(run: str) -> Terms:
    """Return terms with a certificate made for this run, which proves who belongs to it. The address comes later."""
    made = Security.temporary()
    return Terms(run, "", made.tls_client_key + made.tls_client_cert, made.tls_ca_file)


@contextmanager
def _security(terms: Terms) -> Iterator[Security]:
    """Lend what proves that we belong to the run.

    ``ssl`` reads it from files only. Dask would write one for it, which stays behind if we are killed meanwhile, with
    the key in it: ours has no name, and is gone with us.
    """
    with ExitStack() as lent:
        proof = terms.certificate
        if can_carry():
            file = lent.enter_context(open(os.memfd_create("scoop"), "w", encoding="ascii"))
            file.write(proof)
            file.flush()
            proof = f"/proc/self/fd/{file.fileno()}"
        yield Security(
            require_encryption=True, tls_ca_file=terms.authority, tls_scheduler_cert=proof, tls_worker_cert=proof
        )


class Line:
    """A line to another machine: messages in order, both ways."""

    def __init__(self, comm: Any) -> None:
        self._comm = comm
        self._unsent: asyncio.Queue[Message | None] = asyncio.Queue()
        self._sending = asyncio.create_task(self._send())

    def post(self, message: Message) -> None:
        """Send a message, soon."""
        self._unsent.put_nowait(message)

    async def read(self) -> Message | None:
        """Return the next message; None when the line has ended."""
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    found = await self._comm.read()
            except (CommClosedError, OSError, TimeoutError, ValueError):
                self.close()
                return None
            if found:
                kind, parcel, numbers, body, laden = found
                return Message(Kind(kind), parcel, numbers, body, None if laden is None else Cargo.filled(laden))

    def close(self) -> None:
        """End the line."""
        self._sending.cancel()
        self._comm.abort()

    async def _send(self) -> None:
        try:
            while True:
                try:
                    async with asyncio.timeout(PING):
                        message = await self._unsent.get()
                except TimeoutError:
                    await self._comm.write(())
                    continue
                if message is not None:
                    kind, parcel, numbers, body, cargo = message
                    laden = None if cargo is None else bytes(cargo.map(own=False))
                    await self._comm.write((int(kind), parcel, [*numbers], body, laden))
        except (CommClosedError, OSError):
            self._comm.abort()  # who reads will notice


class Listener:
    """Where machines of the run call in.

    Parameters:
        terms: of the run, yet without address.
        take: called for each machine that calls, with its line and its name.
    """

    def __init__(self, terms: Terms, take: Callable[[Line, str], Awaitable[None]]) -> None:
        self._terms = terms
        self._take = take
        self._listener: Any = None

    async def open(self, host: str) -> Terms:
        """Listen; return the terms with the address, whose host is to be ``host``."""
        with _security(self._terms) as security:
            arguments = security.get_listen_args("scheduler")
        self._listener = listen("tls://0.0.0.0:0", self._answer, deserialize=True, **arguments)
        await self._listener.start()
        return self._terms._replace(address=f"tls://{host}:{self._listener.get_host_port()[1]}")

    def close(self) -> None:
        """Take no calls any more."""
        self._listener.stop()

    async def _answer(self, comm: Any) -> None:
        try:
            async with asyncio.timeout(SILENCE):
                run, name = await comm.read()
        except (CommClosedError, OSError, TimeoutError, ValueError, TypeError):
            run, name = "", ""
        if run != self._terms.run:
            _log.warning("scoop: a stranger's call from %s is refused", comm.peer_address)
            comm.abort()
            return
        await self._take(Line(comm), name)


async def join(terms: Terms, name: str) -> Line:
    """Call the run; return the line to it. Raises OSError if it does not answer."""
    with _security(terms) as security:
        arguments = security.get_connection_args("worker")
    comm = await connect(terms.address, timeout=30, **arguments)
    await comm.write((terms.run, name))
    return Line(comm)


def new_run() -> str:
    """Return a name for a run that nobody can guess."""
    return os.urandom(16).hex()
