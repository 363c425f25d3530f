"""The functions that the benchmarks compute. They know of no library for parallel work.

Functions whose tasks start tasks take the call that does so, ``submit`` or ``parallel_map``, as their first argument.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which is not what "hello" is to measure
    import numpy as np

    Block = np.ndarray[Any, np.dtype[np.float64]]

ParallelMap = Callable[..., Iterable[Any]]


def no_op(x: object) -> object:
    """Do nothing: all of the time is what the library costs."""
    return x


def nap(seconds: float) -> float:
    """Occupy a worker, and no processor."""
    time.sleep(seconds)
    return seconds


def spin(seconds: float) -> float:
    """Keep a processor busy for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return seconds


def square(x: int) -> int:
    """Do about as little as a task can."""
    return x * x % 7


def pareto(count: int, mean: float) -> list[float]:
    """Return durations of which a few are very long: the last of them decide when a run ends."""
    generator = random.Random(4)
    raw = [min(generator.paretovariate(1.2), 60.0) for _ in range(count)]
    scale = mean * count / sum(raw)
    return [scale * value for value in raw]


# -- arrays ------------------------------------------------------------------------------------------------


def blocks(count: int, megabytes: int = 8) -> "list[Block]":
    """Return arrays of random numbers."""
    import numpy as np

    return [np.random.default_rng(seed).random(megabytes << 17) for seed in range(count)]


def sort(block: "Block") -> "Block":
    """Return the array sorted: as large a result as the argument."""
    import numpy as np

    return np.sort(block)


def sort_stably(block: "Block") -> "Block":
    """As ``sort``, by comparing one pair after another: most processors take several times as long."""
    import numpy as np

    return np.sort(block, kind="stable")


def assign(block: "Block", centres: "Block") -> "tuple[Block, Block]":
    """Take one step of k-means over a block of points in four dimensions: return sums and counts by centre."""
    import numpy as np

    points = block.reshape(-1, 4)
    distances = (centres**2).sum(axis=1) - 2 * points @ centres.T
    nearest = distances.argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(centres)).astype(np.float64)
    sums = [np.bincount(nearest, column, len(centres)) for column in points.T]
    return np.stack(sums, axis=1).astype(np.float64), counts


def k_means(parallel_map: ParallelMap, pieces: list[Any], rounds: int = 5) -> "Block":
    """Return eight centres; ``pieces`` are what ``parallel_map`` takes for the blocks: themselves, or handles."""
    import numpy as np

    centres = np.random.default_rng(1).random((8, 4))
    for _ in range(rounds):
        parts = list(parallel_map(assign, pieces, [centres] * len(pieces)))
        sums = np.sum([part[0] for part in parts], axis=0)
        counts = np.sum([part[1] for part in parts], axis=0)
        centres = sums / np.maximum(counts, 1)[:, None]
    return centres


# -- trees -------------------------------------------------------------------------------------------------


def fib(submit: Callable[..., Any], n: int) -> int:
    """Compute Fibonacci numbers the worst way: every call is a task that waits for two others."""
    if n < 2:
        return n
    left, right = submit(fib, submit, n - 1), submit(fib, submit, n - 2)
    total: int = left.result() + right.result()
    return total


def fib_tasks(n: int) -> int:
    """Return how many tasks ``fib(n)`` is."""
    few, many = 0, 0
    for _ in range(n - 1):
        few, many = many, 2 + few + many
    return many


Placed = tuple[int, int, int]  # columns and diagonals under attack, as bits


def queens_next(n: int, placed: Placed) -> list[Placed]:
    """Return what one more queen can make of a board."""
    columns, left, right = placed
    free = ~(columns | left | right) & ((1 << n) - 1)
    found = []
    while free:
        bit = free & -free
        free ^= bit
        found.append((columns | bit, (left | bit) << 1, (right | bit) >> 1))
    return found


def queens_count(n: int, placed: Placed = (0, 0, 0)) -> int:
    """Count the ways to complete a board, serially."""
    if placed[0] == (1 << n) - 1:
        return 1
    return sum(queens_count(n, following) for following in queens_next(n, placed))


def queens(parallel_map: ParallelMap, n: int, depth: int, placed: Placed = (0, 0, 0)) -> int:
    """Count the ways to complete a board, each of the first ``depth`` rows a map inside of a task."""
    if not depth:
        return queens_count(n, placed)
    return sum(parallel_map(partial(queens, parallel_map, n, depth - 1), queens_next(n, placed)))


ROOTS = 1200


def children(node: bytes) -> list[bytes]:
    """Return a node's children in a random tree: most have none, some have four."""
    if node[0] >= 64:
        return []
    return [hashlib.sha1(node + bytes([i])).digest() for i in range(4)]


def roots() -> list[bytes]:
    """Return the trees of the forest: most are a few nodes, one is six sevenths of all."""
    return [hashlib.sha1(i.to_bytes(4, "big")).digest() for i in range(ROOTS)]


def tree_size(node: bytes) -> int:
    """Count a tree, serially."""
    count, todo = 0, [node]
    while todo:
        count += 1
        todo += children(todo.pop())
    return count


def search(parallel_map: ParallelMap, node: bytes, budget: int = 500) -> int:
    """Count a tree: what is left after ``budget`` nodes becomes tasks of its own."""
    count, todo = 0, [node]
    while todo and count < budget:
        count += 1
        todo += children(todo.pop())
    if not todo:
        return count
    return count + sum(parallel_map(partial(search, parallel_map, budget=budget), todo))


# -- rows and parameters -----------------------------------------------------------------------------------


def mandelbrot(row: int, size: int = 400, limit: int = 100) -> int:
    """Return how many steps the points of a row take: rows differ much."""
    total = 0
    for column in range(size):
        c = complex(3.0 * column / size - 2.25, 3.0 * row / size - 1.5)
        z = 0j
        for _ in range(limit):
            if abs(z) > 2:
                break
            z = z * z + c
            total += 1
    return total


def simulate(rate: float, steps: int) -> float:
    """Follow a population for so many steps: a parameter sweep's one run."""
    x = 0.5
    for _ in range(steps):
        x = rate * x * (1 - x)
    return x
