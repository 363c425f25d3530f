"""What type checkers see of the maps: what they yield, and which inputs go with the function.

Nothing here runs: the calls themselves take anything, and say at run time what is wrong with it. A call of a function
made by ``async def`` counts as what its coroutine returns, so most signatures are there twice. The inputs of a map
over one iterable are checked; over several they are not.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["as_amap", "as_executor_map", "as_map", "as_map_as_completed", "as_map_reduce", "as_map_scan"]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
    from typing import Literal, Protocol, Required, TypeAlias, TypedDict, TypeVar, Unpack, overload

    T = TypeVar("T")
    A = TypeVar("A")

    Later: TypeAlias = Coroutine[Any, Any, T]
    """The coroutine that a call of an ``async def`` function returns."""

    Inputs: TypeAlias = Iterable[Any]
    Operation: TypeAlias = Callable[[T, T], T]

    class Timeout(TypedDict, total=False):
        timeout: float | None

    class Sizes(Timeout, total=False):
        buffersize: int | None
        chunksize: int | None

    class Ordered(Sizes, total=False):
        ordered: bool

    class ExecutorSizes(Timeout, total=False):
        buffersize: int | None
        chunksize: int

    class Results(Sizes, total=False):
        errors: Literal["raise", "skip"]

    class Outcomes(Sizes, total=False):
        errors: Required[Literal["return"]]

    class PlainResults(Results, total=False):
        indexed: Literal[False]

    class PlainOutcomes(Outcomes, total=False):
        indexed: Literal[False]

    class IndexedResults(Results, total=False):
        indexed: Required[Literal[True]]

    class IndexedOutcomes(Outcomes, total=False):
        indexed: Required[Literal[True]]

    class Map(Protocol):
        """futures.map()."""

        @overload
        def __call__(
            self, f: Callable[[A], Later[T]], inputs: Iterable[A], /, **how: Unpack[Results]
        ) -> Iterator[T]: ...
        @overload
        def __call__(self, f: Callable[[A], T], inputs: Iterable[A], /, **how: Unpack[Results]) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], a: Inputs, b: Inputs, /, *more: Inputs, **how: Unpack[Results]
        ) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], a: Inputs, b: Inputs, /, *more: Inputs, **how: Unpack[Results]
        ) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], /, *inputs: Inputs, **how: Unpack[Outcomes]
        ) -> Iterator[T | Exception]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], /, *inputs: Inputs, **how: Unpack[Outcomes]
        ) -> Iterator[T | Exception]: ...
        @overload
        def __call__(
            self, f: Callable[..., Any], /, *inputs: Inputs, errors: str, **how: Unpack[Sizes]
        ) -> Iterator[Any]: ...

    class MapAsCompleted(Protocol):
        """futures.map_as_completed()."""

        @overload
        def __call__(
            self, f: Callable[[A], Later[T]], inputs: Iterable[A], /, **how: Unpack[PlainResults]
        ) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[[A], T], inputs: Iterable[A], /, **how: Unpack[PlainResults]
        ) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], a: Inputs, b: Inputs, /, *more: Inputs, **how: Unpack[PlainResults]
        ) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], a: Inputs, b: Inputs, /, *more: Inputs, **how: Unpack[PlainResults]
        ) -> Iterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], /, *inputs: Inputs, **how: Unpack[PlainOutcomes]
        ) -> Iterator[T | Exception]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], /, *inputs: Inputs, **how: Unpack[PlainOutcomes]
        ) -> Iterator[T | Exception]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], /, *inputs: Inputs, **how: Unpack[IndexedResults]
        ) -> Iterator[tuple[int, T]]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], /, *inputs: Inputs, **how: Unpack[IndexedResults]
        ) -> Iterator[tuple[int, T]]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], /, *inputs: Inputs, **how: Unpack[IndexedOutcomes]
        ) -> Iterator[tuple[int, T | Exception]]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], /, *inputs: Inputs, **how: Unpack[IndexedOutcomes]
        ) -> Iterator[tuple[int, T | Exception]]: ...
        @overload
        def __call__(
            self,
            f: Callable[..., Any],
            /,
            *inputs: Inputs,
            errors: str = ...,
            indexed: bool = ...,
            **how: Unpack[Sizes],
        ) -> Iterator[Any]: ...

    class AsyncMap(Protocol):
        """futures.amap()."""

        @overload
        def __call__(
            self, f: Callable[[A], Later[T]], inputs: Iterable[A], /, **how: Unpack[Ordered]
        ) -> AsyncIterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[[A], T], inputs: Iterable[A], /, **how: Unpack[Ordered]
        ) -> AsyncIterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., Later[T]], a: Inputs, b: Inputs, /, *more: Inputs, **how: Unpack[Ordered]
        ) -> AsyncIterator[T]: ...
        @overload
        def __call__(
            self, f: Callable[..., T], a: Inputs, b: Inputs, /, *more: Inputs, **how: Unpack[Ordered]
        ) -> AsyncIterator[T]: ...

    class ExecutorMap(Protocol):
        """Executor.map()."""

        @overload
        def __call__(
            self, fn: Callable[..., Later[T]], *iterables: Inputs, **how: Unpack[ExecutorSizes]
        ) -> Iterator[T]: ...
        @overload
        def __call__(self, fn: Callable[..., T], *iterables: Inputs, **how: Unpack[ExecutorSizes]) -> Iterator[T]: ...

    class MapReduce(Protocol):
        """futures.mapReduce()."""

        @overload
        def __call__(
            self, f: Callable[[A], Later[T]], op: Operation[T], inputs: Iterable[A], /, **how: Unpack[Timeout]
        ) -> T: ...
        @overload
        def __call__(
            self, f: Callable[[A], T], op: Operation[T], inputs: Iterable[A], /, **how: Unpack[Timeout]
        ) -> T: ...
        @overload
        def __call__(
            self,
            f: Callable[..., Later[T]],
            op: Operation[T],
            a: Inputs,
            b: Inputs,
            /,
            *more: Inputs,
            **how: Unpack[Timeout],
        ) -> T: ...
        @overload
        def __call__(
            self,
            f: Callable[..., T],
            op: Operation[T],
            a: Inputs,
            b: Inputs,
            /,
            *more: Inputs,
            **how: Unpack[Timeout],
        ) -> T: ...

    class MapScan(Protocol):
        """futures.mapScan()."""

        @overload
        def __call__(
            self, f: Callable[[A], Later[T]], op: Operation[T], inputs: Iterable[A], /, **how: Unpack[Timeout]
        ) -> list[T]: ...
        @overload
        def __call__(
            self, f: Callable[[A], T], op: Operation[T], inputs: Iterable[A], /, **how: Unpack[Timeout]
        ) -> list[T]: ...
        @overload
        def __call__(
            self,
            f: Callable[..., Later[T]],
            op: Operation[T],
            a: Inputs,
            b: Inputs,
            /,
            *more: Inputs,
            **how: Unpack[Timeout],
        ) -> list[T]: ...
        @overload
        def __call__(
            self,
            f: Callable[..., T],
            op: Operation[T],
            a: Inputs,
            b: Inputs,
            /,
            *more: Inputs,
            **how: Unpack[Timeout],
        ) -> list[T]: ...


def as_map(call: Any) -> "Map":
    return call  # type: ignore[no-any-return]


def as_map_as_completed(call: Any) -> "MapAsCompleted":
    return call  # type: ignore[no-any-return]


def as_amap(call: Any) -> "AsyncMap":
    return call  # type: ignore[no-any-return]


def as_executor_map(call: Any) -> "ExecutorMap":
    return call  # type: ignore[no-any-return]


def as_map_reduce(call: Any) -> "MapReduce":
    return call  # type: ignore[no-any-return]


def as_map_scan(call: Any) -> "MapScan":
    return call  # type: ignore[no-any-return]
