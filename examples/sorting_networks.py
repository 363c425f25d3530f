"""Sorting networks: lists of comparators, each of which swaps two lines when they are in the wrong order.

Not a program: `deap_sorting_network.py` imports it, as a module beside the script. The workers find it there.
"""

import random
from collections.abc import Iterable
from itertools import product

Comparator = tuple[int, int]


def apply(network: Iterable[Comparator], values: Iterable[int]) -> list[int]:
    """Send values through the network."""
    lines = list(values)
    for low, high in network:
        if lines[low] > lines[high]:
            lines[low], lines[high] = lines[high], lines[low]
    return lines


def mistakes(network: Iterable[Comparator], width: int) -> int:
    """How many inputs of zeros and ones come out unsorted.

    These 2**width inputs are enough: a network that sorts them sorts everything (the zero-one principle).
    """
    comparators = list(network)
    return sum(apply(comparators, bits) != sorted(bits) for bits in product((0, 1), repeat=width))


def random_comparator(width: int) -> Comparator:
    low, high = sorted(random.sample(range(width), 2))
    return low, high


def drawing(network: Iterable[Comparator], width: int) -> str:
    """One text line for each line of the network, one column for each comparator."""
    columns = [
        ["o" if line in (low, high) else "|" if low < line < high else "-" for line in range(width)]
        for low, high in network
    ]
    return "\n".join("--" + "--".join(column[line] for column in columns) + "--" for line in range(width))
