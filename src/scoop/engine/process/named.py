"""Tasks that the program has given a name: it stands where else that of the function would."""

from collections.abc import Callable
from types import FrameType
from typing import Any

from ...wire.wrapper import TaskWrapper

__all__ = ["Named", "task_name"]


class Named(TaskWrapper):
    """Calls ``function``, and is called ``name`` in what is told of its tasks."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        super().__init__(function)
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def parts(self) -> tuple[Any, ...]:
        return self.function, self.__name__


def task_name(frame: FrameType | None, last: FrameType | None = None) -> str | None:
    """Return the name of the innermost task that has one among those whose frames these are, up to the ``last``."""
    while frame is not last:
        assert frame is not None
        if frame.f_code is Named.__call__.__code__:
            name: str = frame.f_locals["self"].__name__
            return name
        frame = frame.f_back
    return None
