"""Objects to bytes and back.

Functions and classes of importable modules travel by name, and so do those of the main script that its import gives.
That is cheap, and a class is the same class on both sides. All others travel by value, through cloudpickle, which is
imported when it is first needed: lambdas, closures, functions within functions, what stands under the main guard or
was typed into a session. A class that comes back to the process that has defined it is that very class, unchanged.
"""

import io
import pickle
import sys
from collections import ChainMap
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache, partial
from types import CodeType, MethodType
from typing import Any, ClassVar
from weakref import WeakSet

from .function_wrappers import reduce_wrapper
from .limited_stream import LimitedStream
from .main_module import MAIN_ALIAS, is_imported_by_name, names_more
from .methods import reduce_method
from .shared_buffers import LARGE, can_carry

__all__ = ["dumps", "dumps_at_most", "loads", "pickle_main_by_value"]

Override = Callable[[Any], Any]
"""Returns how one object is to be pickled, as ``__reduce__`` does; or NotImplemented, for its own way."""

_PROTOCOL = 5
_main_by_value = False
_modules = sys.modules


def pickle_main_by_value(on: bool = True) -> None:
    """Pickle objects of ``__main__`` by value from now on: workers cannot import a session, or the text of ``-c``."""
    global _main_by_value  # a process has one main script
    _main_by_value = on


def dumps(obj: object, large: list[pickle.PickleBuffer] | None = None, override: Override | None = None) -> bytes:
    """Pickle ``obj``. If ``large`` is a list, put large buffers there instead of into the pickle."""
    aside = None if large is None or not can_carry() else partial(_keep_small, large)
    if _may_go_by_name():
        try:
            if override is None:
                data = pickle.dumps(obj, _PROTOCOL, buffer_callback=aside)
            else:
                data = _dump(_ByNamePickler, obj, aside, override)
            if not names_more(data):
                return data
        except (pickle.PicklingError, AttributeError, TypeError):
            pass  # a lambda, for one: so by value. If that fails too, its error is the clearer one
        if large is not None:
            large.clear()
    return _dump(_by_value_pickler(), obj, aside, override)


def dumps_at_most(most: int, obj: object) -> bytes:
    """Pickle ``obj`` if that takes no more than ``most`` bytes; else raise TooLarge, long before the end."""
    if _may_go_by_name():
        try:
            stream = LimitedStream(most)
            data = _dump(_ByNamePickler, obj, stream.admit, stream=stream)
            if not names_more(data):
                return data
        except (pickle.PicklingError, AttributeError, TypeError):
            pass
    stream = LimitedStream(most)
    return _dump(_by_value_pickler(), obj, stream.admit, stream=stream)


def loads(data: bytes, large: Sequence[Any] = ()) -> Any:
    return pickle.loads(data, buffers=large)


class _ByNamePickler(pickle.Pickler):
    """pickle's own, to which an override can be given."""


def _may_go_by_name() -> bool:
    """Return whether workers import the main script. Some tools put the program that they run into its place."""
    return not _main_by_value and (MAIN_ALIAS not in _modules or _modules[MAIN_ALIAS] is _modules["__main__"])


def _is_found_in_its_module(obj: Any) -> bool:
    """Return whether a function is found by its name in a module that is not the main script."""
    found = _modules.get(obj.__module__)
    if obj.__module__ in ("__main__", MAIN_ALIAS):
        return False
    for name in obj.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is obj


def _dump(
    kind: Any,
    obj: object,
    aside: Callable[[pickle.PickleBuffer], bool] | None = None,
    override: Override | None = None,
    stream: io.BytesIO | None = None,
) -> bytes:
    with stream or io.BytesIO() as stream:
        pickler = kind(stream, _PROTOCOL, buffer_callback=aside)
        if override is not None:
            original = getattr(pickler, "reducer_override", lambda _: NotImplemented)
            pickler.reducer_override = lambda obj: original(obj) if (it := override(obj)) is NotImplemented else it
        pickler.dump(obj)
        return stream.getvalue()


def _keep_small(large: list[pickle.PickleBuffer], buffer: pickle.PickleBuffer) -> bool:
    """Return whether a buffer stays in the pickle; if not, add it to ``large``."""
    with memoryview(buffer) as view:
        if view.nbytes < LARGE or not view.contiguous:
            return True
    large.append(buffer)
    return False


# -- classes by value ----------------------------------------------------------------------------------------------

_defined_here: WeakSet[type] = WeakSet()
_made_here: WeakSet[type] = WeakSet()
"""Classes that have left this process by value, and classes that have come so: cloudpickle knows each again."""


def _reduce_class(cls: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return how to pickle a class by value, given how cloudpickle does."""
    if cls not in _made_here:
        _defined_here.add(cls)
    make, args, state, _, _, fill = reduced
    if "__slots__" in vars(cls) and not issubclass(cls, Enum):
        args[3]["__slots__"] = vars(cls)["__slots__"]  # else instances would have a dict elsewhere
    return make, args, (fill, state, cls.__qualname__), None, None, _fill_class


def _fill_class(cls: type, state: tuple[Callable[[type, Any], object], Any, str]) -> None:
    """Give a class that was made anew what it holds. The one that it is a copy of stays as it is."""
    if cls not in _defined_here:
        _made_here.add(cls)
        fill, content, cls.__qualname__ = state
        fill(cls, content)


def _reduce_code(reduce: Callable[[CodeType], Any], code: CodeType) -> tuple[Any, ...]:
    """Return how to pickle code with the name of its file, which tracebacks show: cloudpickle leaves that out."""
    make, args = reduce(code)
    return make, tuple(code.co_filename if arg == "<dynamic-code>" else arg for arg in args)


@lru_cache(maxsize=1)
def _by_value_pickler() -> Any:
    import cloudpickle  # 30 ms that most programs never pay

    theirs = cloudpickle.Pickler.dispatch_table
    ours = {MethodType: reduce_method, CodeType: partial(_reduce_code, theirs[CodeType])}

    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        """cloudpickle, except that what the import of the main script gives still travels by name."""

        dispatch_table: ClassVar[Any] = ChainMap(ours, theirs)

        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, io.IOBase) and not isinstance(obj, io.StringIO | io.BytesIO):
                raise TypeError("an open file cannot travel between processes: send its name")
            mock = _modules.get("unittest.mock")
            if mock is not None and issubclass(type(obj), mock.NonCallableMock):
                raise TypeError("a mock notes its calls in one process: put a function of your own in its place")
            if not _main_by_value and is_imported_by_name(obj):
                return NotImplemented
            if (reduced := reduce_wrapper(obj, _is_found_in_its_module)) is not NotImplemented:
                return reduced
            reduced = super().reducer_override(obj)
            is_class = isinstance(obj, type) and isinstance(reduced, tuple) and len(reduced) == 6
            return _reduce_class(obj, reduced) if is_class else reduced

    return ByValuePickler
