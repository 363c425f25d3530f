"""What `futures.map` takes: several iterables, and anything that can be called.

Run it:  python -m scoop -n 2 examples/maps.py
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from scoop import futures


def volume(width: float, height: float, depth: float) -> float:
    return width * height * depth


class Currency:
    """An object with a method to map, and callable itself."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def buy(self, amount: float) -> float:
        return amount * self.rate

    def __call__(self, amount: float) -> float:
        return amount / self.rate


def times(factor: int) -> Callable[[int], int]:
    """Make a function that remembers `factor`: it has no name that a worker could import."""

    def multiply(number: int) -> int:
        return number * factor

    return multiply


def check(title: str, func: Callable[..., Any], *iterables: Iterable[Any]) -> None:
    """Map in parallel, compare with the builtin `map`, and show both agree."""
    found = list(futures.map(func, *iterables))
    assert found == list(map(func, *iterables)), title
    print(f"{title:<26} {found}")


def main() -> None:
    # Like the builtin, `map` takes one argument from each iterable, and stops with the shortest.
    check("three iterables", volume, [1, 2, 3], [4, 5, 6], [7, 8])

    # Functions of a module travel by name ...
    check("a builtin", len, ["one", "three", "fifteen"])
    check("a method of a type", str.upper, ["north", "south"])

    # ... and those without a name travel as code, together with what they remember.
    offset = 100
    check("a lambda", lambda number: number + offset, range(4))
    check("a function in a function", times(3), range(4))
    check("a partial", partial(volume, 2, depth=10), [1, 2, 3])

    # A bound method takes its object along; so does an object that can be called.
    crowns = Currency(rate=8.0)
    check("a bound method", crowns.buy, [1.0, 2.5])
    check("a callable object", crowns, [8.0, 20.0])

    print("All maps agree with the builtin map.")


if __name__ == "__main__":
    main()
