"""The event loop on which the coroutines of tasks run: one in a process, on a thread of its own.

Nothing of this is imported before the first coroutine is to run.
"""

import asyncio
import logging
import os
from threading import RLock, Thread

from ..process.signal_safety import indivisible
from .loop_calls import LoopCalls

__all__ = ["CoroutineLoop", "coroutine_loop", "is_coroutine_loop"]

_log = logging.getLogger("scoop.run")

_lock = RLock()


class CoroutineLoop:
    """An event loop, and its thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.calls = LoopCalls(self.loop)
        Thread(target=self._serve, name="scoop-asyncio", daemon=True).start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
            except BaseException:  # SystemExit of something that a coroutine has started beside itself
                _log.exception("scoop: the event loop of the tasks goes on after an exception")


_found: CoroutineLoop | None = None


@indivisible
def coroutine_loop() -> CoroutineLoop:
    """Return the one of this process; it is started if there is none."""
    global _found
    with _lock:
        _found = _found or CoroutineLoop()
        return _found


def is_coroutine_loop(loop: asyncio.AbstractEventLoop) -> bool:
    return _found is not None and _found.loop is loop


def _forget() -> None:
    """Have no loop: this is a forked child, and its thread is the parent's."""
    global _found, _lock
    _found, _lock = None, RLock()


os.register_at_fork(after_in_child=_forget)
