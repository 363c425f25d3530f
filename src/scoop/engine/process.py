"""What makes a process a worker: its scheduler and its link, up before any code of the user's runs."""

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from time import monotonic
from typing import NoReturn

from ..errors import UnguardedMainError
from ..wire.board import Board
from ..wire.messages import Kind
from . import runtime
from .imports import flush_streams
from .link import Link, ThreadBell
from .scheduler import Scheduler
from .tracebacks import format_error

__all__ = ["become_worker", "serve"]

_UNGUARDED = (
    "futures were used while a worker was importing the main script. Workers import it to find its functions; "
    'what starts the work belongs under `if __name__ == "__main__":`'
)


def become_worker(
    number: int, size: int, board: Board, sock: socket.socket, on_end: Callable[[], None]
) -> tuple[Scheduler, Link]:
    """Make this process worker ``number`` of ``size``: connect it and listen. Called on the main thread."""
    link = Link(sock, on_end)
    scheduler = Scheduler(number, size, board, link.send, ThreadBell, monotonic)
    runtime.constants = link.constants
    link.listen(scheduler)
    os.register_at_fork(after_in_child=lambda: _be_nobody(scheduler, link))
    return scheduler, link


def _be_nobody(scheduler: Scheduler, link: Link) -> None:
    """Be no worker in a child that the user's code has forked: the tasks, and the link, are its parent's."""
    link.abandon()
    scheduler.close()
    runtime.current = runtime.constants = None


def serve(
    number: int, size: int, board: Board, sock: socket.socket, import_main: Callable[[], None]
) -> NoReturn:
    """Be a worker that is not the origin, until the broker hangs up."""
    # Ctrl-C is the origin's to handle. A handler, not SIG_IGN: programs that tasks start must not inherit it.
    signal.signal(signal.SIGINT, lambda *_: None)
    # By lines, so that those of different workers do not mix, and what a task printed is out before its result.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    scheduler, link = become_worker(number, size, board, sock, _leave)
    runtime.refusal = UnguardedMainError(_UNGUARDED)
    try:
        import_main()
    except BaseException as error:
        text = f"a worker could not import the main script:\n\n{format_error(error)}"
        link.send(Kind.BROKEN, isinstance(error, UnguardedMainError), (), text.encode())
        while True:
            signal.pause()  # the run ends when the program hears of it; until then we take no work
    runtime.refusal = None
    runtime.current = scheduler
    try:
        scheduler.run_forever()
    except BaseException:
        traceback.print_exc()
    finally:
        flush_streams()
        os._exit(1)


def _leave() -> None:
    """End the process at once: the broker is gone, so nobody waits for anything of ours."""
    flush_streams()
    os._exit(0)


