"""Divide and conquer: merge sort, where each half is a task that divides again.

Run it:  python -m scoop -n 2 examples/sort.py
"""

from heapq import merge
from random import Random

from scoop import futures

# Below this a task would cost more than it saves: sending numbers to another worker takes time too.
SMALL = 2_000


def merge_sort(numbers: list[int]) -> list[int]:
    if len(numbers) <= SMALL:
        return sorted(numbers)
    middle = len(numbers) // 2
    # Offer one half to an idle worker, and begin with the other. If no worker took it, `result` sorts it here.
    left = futures.submit(merge_sort, numbers[:middle])
    right = merge_sort(numbers[middle:])
    return list(merge(left.result(), right))


def main() -> None:
    random = Random(2718)
    numbers = [random.randrange(1_000_000) for _ in range(40_000)]

    in_order = merge_sort(numbers)

    assert in_order == sorted(numbers)
    print(f"Sorted {len(in_order)} numbers, from {in_order[0]} to {in_order[-1]}.")


if __name__ == "__main__":
    main()
