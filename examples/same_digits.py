"""Random numbers of a seed: the same digits on any number of workers, and on any hosts.

Each task, and each row of a map, has a stream of random numbers of its own. It depends on the seed and on the task's
place in the tree of tasks, and on nothing else.

Run it:  python -m scoop -n 2 --seed 7 examples/same_digits.py
"""

from math import dist, fsum

import scoop
from scoop import futures

TASKS = 4
WALKS = 200
STEPS = 100


def walk(_: int) -> float:
    """Walk at random in the plane; return how far from home it ends."""
    random = scoop.random()  # of this row alone; a generator of NumPy's would be scoop.rng()
    x = y = 0.0
    for _ in range(STEPS):
        x += random.gauss()
        y += random.gauss()
    return dist((0, 0), (x, y))


def average(walks: int) -> float:
    """Walk often; return the average distance."""
    # fsum() is exact: it does not matter in which order the numbers come, or how they are put together.
    return fsum(futures.map_as_completed(walk, range(walks))) / walks


def experiment(seed: int) -> list[float]:
    """Return what tasks find with this seed."""
    scoop.seed(seed)  # which also begins to count the tasks anew
    tasks = [futures.submit(average, WALKS) for _ in range(TASKS)]
    return [task.result() for task in tasks]


def main() -> None:
    seed = scoop.seed()  # that of --seed, or else one that the system has drawn
    found = experiment(seed)
    assert found == experiment(seed) != experiment(seed + 1)
    print(f"With seed {seed}: {TASKS * WALKS} walks end {fsum(found) / TASKS:.12f} steps away from home.")


if __name__ == "__main__":
    main()
