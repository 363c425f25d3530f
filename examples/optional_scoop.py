"""A program that uses scoop where it can, and runs without it everywhere else.

It works with scoop missing, and also when scoop is installed but the program was started plainly.

Run it:  python -m scoop -n 2 examples/optional_scoop.py
     or  python examples/optional_scoop.py
"""

from collections.abc import Callable, Iterable
from typing import Any

any_map: Callable[..., Iterable[Any]] = map
try:
    import scoop
    from scoop import futures
except ImportError:
    pass
else:
    # Installed is not started: only `python -m scoop` has workers.
    if scoop.IS_RUNNING:
        any_map = futures.map


def digit_sum(number: int) -> int:
    return sum(int(digit) for digit in str(number))


def main() -> None:
    exponents = range(0, 400, 10)

    # The rest of the program need not know which map it got.
    sums = list(any_map(digit_sum, [2**exponent for exponent in exponents]))

    assert sums == [digit_sum(2**exponent) for exponent in exponents]
    name = "the builtin map" if any_map is map else "futures.map"
    print(f"The largest digit sum is {max(sums)}, says {name}.")


if __name__ == "__main__":
    main()
