"""Objects to bytes and back.

Functions and classes of importable modules and of the main script travel by name. That is cheap, and a class is the
same class on both sides. Lambdas, closures, functions within functions, and what was typed into a session travel by
value, through cloudpickle, which is imported when it is first needed.
"""

import io
import pickle
import sys
from collections import ChainMap
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from types import MethodType
from typing import Any, ClassVar

from .methods import reduce_method
from .shared_buffers import LARGE, can_carry

__all__ = ["MAIN_ALIAS", "dumps", "loads", "pickle_main_by_value"]

MAIN_ALIAS = "__scoop_main__"  # workers import the main script under this name; in the origin it names ``__main__``

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
    # Some tools put the program that they run into the place of ``__main__``.
    if not _main_by_value and (MAIN_ALIAS not in _modules or _modules[MAIN_ALIAS] is _modules["__main__"]):
        try:
            if override is None:
                return pickle.dumps(obj, _PROTOCOL, buffer_callback=aside)
            return _dump(_ByNamePickler, obj, aside, override)
        except (pickle.PicklingError, AttributeError, TypeError):
            pass  # a lambda, for one: so by value. If that fails too, its error is the clearer one
        if large is not None:
            large.clear()
    return _dump(_by_value_pickler(), obj, aside, override)


def loads(data: bytes, large: Sequence[Any] = ()) -> Any:
    return pickle.loads(data, buffers=large)


class _ByNamePickler(pickle.Pickler):
    """pickle's own, to which an override can be given."""


def _dump(
    kind: Any, obj: object, aside: Callable[[pickle.PickleBuffer], bool] | None, override: Override | None
) -> bytes:
    with io.BytesIO() as stream:
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


def _is_global_of_main(obj: Any) -> bool:
    """Whether a worker finds ``obj`` by its name in its own import of the main script."""
    if getattr(obj, "__module__", None) not in ("__main__", MAIN_ALIAS):
        return False
    found: Any = sys.modules.get(MAIN_ALIAS)
    qualname = getattr(obj, "__qualname__", None)
    if not isinstance(qualname, str):
        return False
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found is obj


@lru_cache(maxsize=1)
def _by_value_pickler() -> Any:
    import cloudpickle  # 30 ms that most programs never pay

    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        """cloudpickle, except that what the main script defines at its top level still travels by name."""

        dispatch_table: ClassVar[Any] = ChainMap({MethodType: reduce_method}, cloudpickle.Pickler.dispatch_table)

        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, io.IOBase) and not isinstance(obj, io.StringIO | io.BytesIO):
                raise TypeError("an open file cannot travel between processes: send its name")
            if not _main_by_value and _is_global_of_main(obj):
                return NotImplemented
            return super().reducer_override(obj)

    return ByValuePickler
