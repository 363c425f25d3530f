"""A session that has ended and goes on, for its tasks' sake, says so: nothing else is to be seen."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["telling_of_wait"]

_SILENT_SECONDS = 0.2
_WAITS = "scoop: the session ends when the tasks that it has started have ended; Ctrl-C gives them up"


@contextmanager
def telling_of_wait(is_session: bool) -> Iterator[None]:
    """Say what is waited for, if the block takes long and belongs to a session."""
    notice = threading.Timer(_SILENT_SECONDS, lambda: print(_WAITS, file=sys.stderr, flush=True))
    notice.daemon = True
    if is_session:
        notice.start()
    try:
        yield
    finally:
        notice.cancel()
