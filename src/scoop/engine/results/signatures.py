"""What type checkers see of submit(): what its future gives, and which arguments go with the function.

Nothing here runs: the calls themselves take anything, and say at run time what is wrong with it. A call of a function
made by ``async def`` counts as what its coroutine returns, so most signatures are there twice.

A Future among the arguments stands for its result. So where a function takes an ``int``, checkers accept an ``int``
or a ``Future[int]``, for up to three arguments by position. They also accept a collection of futures there, and do
not check its results. See docs/typing.md for what they cannot know.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["as_executor_submit", "as_submit"]

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from concurrent import futures as standard
    from typing import ParamSpec, Protocol, TypeAlias, TypeVar, overload

    from .call_future import CallFuture
    from .future import Future

    P = ParamSpec("P")
    T = TypeVar("T")
    A = TypeVar("A")
    B = TypeVar("B")
    C = TypeVar("C")

    Later: TypeAlias = Coroutine[Any, Any, T]
    """The coroutine that a call of an ``async def`` function returns."""

    AnyFuture: TypeAlias = Future[A] | "standard.Future[A]"
    Arg: TypeAlias = A | AnyFuture[A] | Sequence[AnyFuture[Any]] | Mapping[Any, AnyFuture[Any]]
    """What may be given where a function takes an ``A``."""

    class Submit(Protocol):
        """futures.submit()."""

        @overload
        def __call__(self, f: Callable[P, Later[T]], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[P, Future[T]], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[[A], Later[T]], a: Arg[A], /) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[[A], T], a: Arg[A], /) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B], Later[T]], a: Arg[A], b: Arg[B], /) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B], T], a: Arg[A], b: Arg[B], /) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B, C], Later[T]], a: Arg[A], b: Arg[B], c: Arg[C], /) -> Future[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B, C], T], a: Arg[A], b: Arg[B], c: Arg[C], /) -> Future[T]: ...

    class ExecutorSubmit(Protocol):
        """Executor.submit()."""

        @overload
        def __call__(self, f: Callable[P, Later[T]], /, *args: P.args, **kwargs: P.kwargs) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[P, Future[T]], /, *args: P.args, **kwargs: P.kwargs) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[[A], Later[T]], a: Arg[A], /) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[[A], T], a: Arg[A], /) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B], Later[T]], a: Arg[A], b: Arg[B], /) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B], T], a: Arg[A], b: Arg[B], /) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B, C], Later[T]], a: Arg[A], b: Arg[B], c: Arg[C], /) -> CallFuture[T]: ...
        @overload
        def __call__(self, f: Callable[[A, B, C], T], a: Arg[A], b: Arg[B], c: Arg[C], /) -> CallFuture[T]: ...


def as_submit(call: Any) -> "Submit":
    return call  # type: ignore[no-any-return]


def as_executor_submit(call: Any) -> "ExecutorSubmit":
    return call  # type: ignore[no-any-return]
