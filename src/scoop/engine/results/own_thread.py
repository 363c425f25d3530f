"""Tasks that must not share their thread with others while they wait: see futures.with_own_thread."""

from _contextvars import copy_context
from threading import Thread
from typing import Any

from ...wire.wrapper import Wrapper
from .. import runtime
from . import future as f

__all__ = ["OnOwnThread"]


class OnOwnThread(Wrapper):
    """``function``, each call of which has a thread to itself."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if runtime.current is None:  # there are no other tasks
            return self.function(*args, **kwargs)
        future = f.new_task(self.function, args, kwargs)
        Thread(target=copy_context().run, args=(f.run, future), name="scoop-own", daemon=True).start()
        return future.result()
