"""What makes a process a worker: its scheduler and its link, up before any code of the user's runs."""

import faulthandler
import os
import signal
import socket
import sys
from collections.abc import Callable
from io import TextIOWrapper
from time import monotonic
from typing import NoReturn

from ..errors import UnguardedMainError
from ..wire.board import Board
from ..wire.messages import CUT_OFF, Kind
from . import runtime
from .imports import flush_streams
from .limits import Limits, Upkeep, leave
from .link import Link, ThreadBell
from .scheduler import Scheduler
from .tracebacks import format_error

__all__ = ["become_worker", "close_all_but", "keep_memory", "serve"]

_UNGUARDED = (
    "futures were used while a worker was importing the main script. Workers import it to find its functions; "
    'what starts the work belongs under `if __name__ == "__main__":`'
)


def become_worker(
    number: int,
    size: int,
    board: Board,
    sock: socket.socket,
    on_end: Callable[[bool], None],
    limits: Limits,
) -> tuple[Scheduler, Link]:
    """Make this process worker ``number`` of ``size``: connect it and listen. Called on the main thread."""
    keep_memory()
    link = Link(sock, on_end)
    scheduler = Scheduler(number, size, board, link.send, ThreadBell, monotonic, limits)
    runtime.constants = link.constants
    link.listen(scheduler)
    os.register_at_fork(after_in_child=lambda: _be_nobody(scheduler, link))
    return scheduler, link


def keep_memory() -> None:
    """Have the C library keep some memory that was freed: a page taken anew from the system can cost 3 us.

    It adapts to the largest block that was freed; this one it never touches. So lists of 100,000 results that come
    and go fault no pages: a seventh of the time of a map of small calls.
    """
    try:
        bytes(4 << 20)
    except MemoryError:
        pass  # then there is none to be kept


def _be_nobody(scheduler: Scheduler, link: Link) -> None:
    """Be no worker in a child that the user's code has forked: the tasks, and the link, are its parent's."""
    link.abandon()
    scheduler.close()
    runtime.current = runtime.constants = None


def serve(
    number: int, size: int, board: Board, sock: socket.socket, import_main: Callable[[], None], limits: Limits
) -> NoReturn:
    """Be a worker that is not the origin, until the broker hangs up."""
    # These are the program's to handle. A handler, not SIG_IGN: programs that tasks start must not inherit that.
    for number_ in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number_, lambda *_: None)
    for number_ in (signal.SIGTERM, signal.SIGQUIT, signal.SIGALRM):
        signal.signal(number_, signal.SIG_DFL)
    try:
        faulthandler.enable(all_threads=False)  # where a crash in compiled code was
    except (OSError, ValueError, RuntimeError, AttributeError):
        pass  # there is no standard error to say it on
    # By lines, so that those of different workers do not mix, and what a task printed is out before its result.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(line_buffering=True, write_through=False)
    scheduler, link = become_worker(number, size, board, sock, _leave, limits)
    runtime.refusal = UnguardedMainError(_UNGUARDED)
    try:
        import_main()
    except BaseException as error:
        text = f"a worker could not import the main script:\n\n{format_error(error)}"
        link.send(Kind.BROKEN, isinstance(error, UnguardedMainError), (), text.encode(errors="backslashreplace"))
        while True:
            signal.pause()  # the run ends when the program hears of it; until then we take no work
    runtime.refusal = None
    scheduler.between_tasks = Upkeep(scheduler)
    runtime.current = scheduler
    status = 0  # of the child of a task that forks, when it comes back here; a worker does not
    try:
        scheduler.run_forever()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        status = 1
        sys.stderr.write(format_error(error))
    finally:
        flush_streams()
        os._exit(status)


def _leave(cut_off: bool) -> None:
    """End the process at once: the broker is gone, or out of reach, so nobody waits for anything of ours."""
    leave(CUT_OFF if cut_off else 0)


def close_all_but(*kept: int) -> None:
    """Close all descriptors but the standard ones and ``kept``: what a forked process inherits and has no use for."""
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, _highest_descriptor() + 1)


def _highest_descriptor() -> int:
    try:
        return max(map(int, os.listdir("/proc/self/fd")))
    except OSError:  # not Linux, or not mounted
        return int(os.sysconf("SC_OPEN_MAX"))
