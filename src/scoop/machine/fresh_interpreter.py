"""A fresh interpreter beside a program that was not started with SCOOP: it becomes a broker, and forks the workers.

The program's own process is never forked: it may have threads, open files, and gigabytes that no worker needs.

    program ──starts──> fresh interpreter = broker ──fork──> worker 1 ... n

It has one end of a socket pair, and the status page. The first bytes on the socket say what it is to be. Where there
are to be workers on other hosts, too, another module begins here, which knows how to: see cluster/pool_plan.py.
"""

import gc
import json
import logging
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

from .. import log
from ..engine.process.limits import Limits
from ..wire import codec
from ..wire.status_page import new_status_page
from .cores import cap_threads
from .initializer import call_in_worker
from .processes import Machine, ServeUplink, run_broker
from .program import Program

__all__ = ["Elsewhere", "Start", "main", "serve", "start_interpreter", "worker_preparation"]

_LENGTHS = struct.Struct("QQQ")


class Elsewhere(NamedTuple):
    """The workers that are on other hosts.

    Parameters:
        module: whose main() the fresh interpreter is to call, with two descriptors: see serve().
        size: how many workers there are in all, as far as is known.
        plan: how to start them, which the module understands.
    """

    module: str
    size: int
    plan: bytes


class Start(NamedTuple):
    """What a fresh interpreter is told.

    Parameters:
        workers: how many it is to have, on this machine.
        limits: of each.
        program: what workers import to find the program's functions; None if they cannot.
        argv: the program's.
        initializer: the pickle of what each worker calls first, with its arguments; empty if nothing.
        elsewhere: what else there is to be; None if all workers are on this machine.
    """

    workers: int
    limits: Limits
    program: Program | None
    argv: list[str]
    initializer: bytes
    elsewhere: Elsewhere | None = None

    @property
    def size(self) -> int:
        """How many workers there are in all, as far as is known."""
        return self.elsewhere.size if self.elsewhere else self.workers


def start_interpreter(start: Start, here: socket.socket, there: socket.socket, page: int) -> subprocess.Popen[bytes]:
    """Start it, with the other end of ``here`` and the descriptor of a status page. Raises OSError."""
    path = [each for each in sys.path if isinstance(each, str)]
    module = start.elsewhere.module if start.elsewhere else __name__
    code = f"import sys; sys.path[:] = {path!r}; from {module} import main; main({there.fileno()}, {page})"
    process = subprocess.Popen(
        [sys.executable, *subprocess._args_from_interpreter_flags(), "-c", code],  # type: ignore[attr-defined]
        stdin=subprocess.DEVNULL,
        pass_fds=(there.fileno(), page),
    )
    there.close()
    try:
        here.sendall(_encode(start))
    except OSError:
        pass  # it has ended at once: its end of the socket tells the program
    return process


def main(parent: int, page: int) -> None:
    """Be the broker, until the program hangs up. The numbers are of descriptors."""
    serve(parent, page, lambda _: None)


def serve(parent: int, page: int, new_uplink: Callable[[Elsewhere], ServeUplink | None]) -> None:
    """Be the broker, as main(), with what leads to the workers elsewhere, if there are any."""
    sock = socket.socket(fileno=parent)
    memory = new_status_page(page)
    os.close(page)
    start = _receive_start(sock)
    sys.argv[:] = start.argv
    log.set_up(logging.WARNING)
    cap_threads(start.workers)
    gc.freeze()  # what is here stays, and workers need not copy pages that only the collector would touch
    prepare = worker_preparation(start.program, start.initializer)
    uplink = new_uplink(start.elsewhere) if start.elsewhere else None
    machine = Machine(start.workers, start.size, start.limits, prepare, uplink)
    run_broker(machine, memory, sock)


def _encode(start: Start) -> bytes:
    # Not a pickle: a broker unpickles nothing.
    elsewhere = start.elsewhere
    plan = elsewhere.plan if elsewhere else b""
    words = json.dumps((start[:4], elsewhere and elsewhere[:2])).encode()
    return b"".join((_LENGTHS.pack(len(words), len(start.initializer), len(plan)), words, start.initializer, plan))


def _receive_start(sock: socket.socket) -> Start:
    words, initializer, plan = (_receive(sock, size) for size in _LENGTHS.unpack(_receive(sock, _LENGTHS.size)))
    (workers, limits, program, argv), elsewhere = json.loads(words)
    if program is not None:
        kind, name, args, folder = program
        program = Program(kind, name, tuple(args), folder)
    far = Elsewhere(elsewhere[0], elsewhere[1], plan) if elsewhere else None
    return Start(workers, Limits(*limits), program, argv, initializer, far)


def _receive(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(min(size - len(data), 1 << 20))
        if not piece:
            os._exit(0)  # the program has ended
        data += piece
    return bytes(data)


def worker_preparation(program: Program | None, initializer: bytes) -> Callable[[], None]:
    """Return what a worker does before it takes tasks. The parameters are those of Start."""

    def prepare() -> None:
        if program is None:
            codec.pickle_main_by_value()
        else:
            program.import_in_worker()
            sys.modules.setdefault("__mp_main__", sys.modules["__main__"])  # its name in a child of multiprocessing
        if initializer:
            call_in_worker(_initialize, initializer)

    return prepare


def _initialize(packed: bytes) -> None:
    initializer, args = codec.loads(packed)
    initializer(*args)
