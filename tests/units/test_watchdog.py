"""The watchdog kills no process but the parent of the broker that starts it."""

import os
import signal

import pytest

from scoop.machine.supervision import handle_of, start_watchdog


@pytest.mark.skipif(handle_of(os.getpid()) is None, reason="this system cannot name a process safely")
def test_there_is_no_watchdog_for_a_process_that_is_not_the_parent() -> None:
    watchdog = start_watchdog(os.getpid())  # as if the parent had ended, and its number were another process's
    if watchdog is not None:
        os.kill(watchdog, signal.SIGKILL)
        os.waitpid(watchdog, 0)
    assert watchdog is None
