"""The rows of the table: the name, the unit, and the function that measures.

The function gets a peer whose workers have started, and returns a figure. Tasks that spin take a nominal time. The
time of tasks that compute is measured serially, in the same process.
"""

import builtins
import itertools
import resource
import statistics
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import work
from peer import Peer
from peers import Scoop, WithKept

WORKERS = 2


class Row(NamedTuple):
    """One row of the table."""

    key: str
    group: str
    title: str
    unit: str
    more_is_better: bool
    measure: Callable[[Peer], float] | None
    """None for what is measured from outside of the process."""


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


# -- small tasks -------------------------------------------------------------------------------------------


def usual_seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes, if it is not the first: for what takes a few milliseconds."""
    function()
    return statistics.median(seconds(function) for _ in range(5))


def no_ops(peer: Peer) -> float:
    count = 10_000 // peer.divisor
    return count / usual_seconds(lambda: list(peer.map(work.no_op, range(count))))


def efficiency(durations: list[float], peer: Peer) -> float:
    if type(peer) is Peer:
        raise NotImplementedError

    def share() -> float:
        return sum(durations) / WORKERS / seconds(lambda: list(peer.map(work.spin, durations)))

    return statistics.median(share() for _ in range(1 if peer.divisor > 1 else peer.maps))


def short_tasks(peer: Peer) -> float:
    return efficiency([0.0001] * (10_000 // peer.divisor), peer)


def longer_tasks(peer: Peer) -> float:
    return efficiency([0.001] * 1_000, peer)


def uneven_tasks(peer: Peer) -> float:
    return efficiency(work.pareto(400, 0.005), peer)


def squares(peer: Peer) -> float:
    inputs = range(100_000 // peer.divisor)

    def ratio() -> float:  # of two runs one after the other: what the machine does in between, it does to both
        serial = seconds(lambda: list(builtins.map(work.square, inputs)))
        return serial / seconds(lambda: list(peer.map(work.square, inputs)))

    if peer.divisor > 1:  # some need minutes
        return ratio()
    ratio()
    return statistics.median(ratio() for _ in range(15))


def submit_and_wait(peer: Peer) -> float:
    return 1e6 * statistics.median(seconds(lambda: peer.call(work.no_op, 1)) for _ in range(300))


def small_map(peer: Peer) -> float:
    return 1e6 * statistics.median(seconds(lambda: list(peer.map(work.no_op, range(8)))) for _ in range(300))


def pair(peer: Peer) -> float:
    """Time that two tasks of a millisecond take beyond it: both processors must be busy at once."""
    if type(peer) is Peer:
        raise NotImplementedError
    runs = [seconds(lambda: list(peer.map(work.spin, [0.001, 0.001]))) for _ in range(100)]
    return 1e6 * (statistics.median(runs) - 0.001)


# -- arrays ------------------------------------------------------------------------------------------------


@lru_cache
def arrays() -> "list[work.Block]":
    return work.blocks(24)


def sorting(peer: Peer) -> float:
    arrays()
    return seconds(lambda: list(peer.map(work.sort, arrays())))


def stable_sorting(peer: Peer) -> float:
    if type(peer) is Peer:
        raise NotImplementedError

    def share() -> float:
        serial = seconds(lambda: [work.sort_stably(block) for block in arrays()])
        return serial / WORKERS / seconds(lambda: list(peer.map(work.sort_stably, arrays())))

    return statistics.median(share() for _ in range(3))


def k_means(peer: Peer) -> float:
    return seconds(lambda: work.k_means(peer.map, arrays()[:8]))


def k_means_kept(peer: Peer) -> float:
    """As a program would: the blocks are sent once, which is part of the time."""
    blocks = arrays()[:8]

    def run() -> None:
        handles = [peer.keep(block) for block in blocks]
        work.k_means(in_place(peer), handles)

    return seconds(run)


def in_place(peer: Peer) -> work.ParallelMap:
    """Return a map that takes what keep() returns."""
    if not isinstance(peer, Scoop):
        return peer.map
    return lambda function, *inputs: peer.map(WithKept(function), *inputs)


# -- trees -------------------------------------------------------------------------------------------------


def fib(peer: Peer) -> float:
    if peer.submit is None:
        raise NotImplementedError
    peer.call(work.fib, peer.submit, 5)
    return work.fib_tasks(peer.fib) / seconds(lambda: peer.call(work.fib, peer.submit, peer.fib))


def queens(peer: Peer) -> float:
    if (nested := peer.nested_map) is not None:
        return seconds(lambda: work.queens(nested, 12, 3))

    def by_hand() -> int:
        boards = [(0, 0, 0)]
        for _ in range(3):
            boards = [following for board in boards for following in work.queens_next(12, board)]
        return sum(peer.map(partial(work.queens_count, 12), boards))

    return seconds(by_hand)


def tree_search(peer: Peer) -> float:
    if (nested := peer.nested_map) is not None:
        return seconds(lambda: sum(peer.map(partial(work.search, nested), work.roots())))
    return seconds(lambda: sum(peer.map(work.tree_size, work.roots())))


# -- programs ----------------------------------------------------------------------------------------------


def mandelbrot(peer: Peer) -> float:
    return seconds(lambda: sum(peer.map(work.mandelbrot, range(400))))


def sweep(peer: Peer) -> float:
    lengths = [int(duration * 15_000_000) for duration in work.pareto(400, 0.005)]
    rates = [3.5 + i / 1000 for i in range(400)]
    return seconds(lambda: list(peer.map(work.simulate, rates, lengths)))


def regression(peer: Peer) -> float:
    import symbolic

    return seconds(lambda: symbolic.evolve(peer.map))


# -- ten million inputs ------------------------------------------------------------------------------------

MANY = 10_000_000


@lru_cache
def stream(peer: Peer) -> tuple[float, float, float]:
    """Return seconds to the first result, inputs a second, and megabytes beyond what was there before."""
    if type(peer) is not Scoop:
        raise NotImplementedError
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    results = iter(peer.map(work.square, (x for x in range(MANY))))
    next(results)
    first = time.perf_counter() - start
    rest = sum(1 for _ in itertools.chain(results))
    took = time.perf_counter() - start
    extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return first, (1 + rest) / took, extra


ROWS = [
    Row("no-op", "tasks", "map of a no-op over 10,000", "tasks/s", True, no_ops),
    Row("100us", "tasks", "10,000 tasks of 100 us", "of ideal", True, short_tasks),
    Row("1ms", "tasks", "1,000 tasks of 1 ms", "of ideal", True, longer_tasks),
    Row("pareto", "tasks", "400 tasks, Pareto durations", "of ideal", True, uneven_tasks),
    Row("squares", "tasks", "`x*x%7` over 100,000", "x serial", True, squares),
    Row("submit", "tasks", "submit one and wait", "us", False, submit_and_wait),
    Row("small map", "tasks", "a map of 8 no-ops", "us", False, small_map),
    Row("pair", "tasks", "two tasks of 1 ms, beyond 1 ms", "us", False, pair),
    Row("sort", "arrays", "sort 24 arrays of 8 MB", "s", False, sorting),
    Row("stable sort", "arrays", "the same, by a stable sort", "of ideal", True, stable_sorting),
    Row("k-means", "arrays", "k-means, blocks sent each round", "s", False, k_means),
    Row("k-means kept", "arrays", "k-means, blocks sent once", "s", False, k_means_kept),
    Row("fib", "nested", "nested `fib` by submit", "tasks/s", True, fib),
    Row("hello 2", "hello", "hello, 2 workers, whole run", "s", False, None),
    Row("hello 16", "hello", "hello, 16 workers, whole run", "s", False, None),
    Row("mandelbrot", "programs", "Mandelbrot set by rows", "s", False, mandelbrot),
    Row("sweep", "programs", "parameter sweep, Pareto lengths", "s", False, sweep),
    Row("regression", "programs", "DEAP: symbolic regression", "s", False, regression),
    Row("queens", "programs", "12 queens", "s", False, queens),
    Row("search", "programs", "unbalanced tree search", "s", False, tree_search),
    Row("first", "stream", "10,000,000 from a generator: first result", "s", False, lambda p: stream(p)[0]),
    Row("rate", "stream", "10,000,000 from a generator", "inputs/s", True, lambda p: stream(p)[1]),
    Row("memory", "stream", "10,000,000 from a generator: memory", "MB more", False, lambda p: stream(p)[2]),
]
