"""Tasks that must not share their thread with others while they wait: see futures.with_own_thread."""

from _contextvars import copy_context
from collections.abc import Callable
from functools import update_wrapper
from sys import modules
from threading import Thread
from typing import Any

from . import future as f
from . import runtime

__all__ = ["OnOwnThread"]


class OnOwnThread:
    """``function``, each call of which has a thread to itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if runtime.current is None:  # there are no other tasks
            return self.function(*args, **kwargs)
        future = f.new_task(self.function, args, kwargs)
        Thread(target=copy_context().run, args=(f.run, future), name="scoop-own", daemon=True).start()
        return future.result()

    def __reduce__(self) -> Any:
        name = getattr(self, "__qualname__", "")
        if vars(modules.get(self.__module__, self)).get(name) is self:
            return name  # it was used as a decorator: the function's name stands for this
        return OnOwnThread, (self.function,)
