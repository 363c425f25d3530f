"""Random numbers in parallel: estimate pi by throwing darts, with a seed for each task.

The seed belongs to the task, not to the worker. So the estimate is the same for any number of workers, in
whatever order they work, and it can be found again tomorrow.

Run it:  python -m scoop -n 2 examples/monte_carlo.py
"""

from random import Random

from scoop import futures

THROWS = 20_000
TASKS = 16
SEED = "darts"


def throw(task: int) -> int:
    """Throw darts at a square, and count those within the quarter of a circle."""
    # A generator of our own: the one of the module `random` is shared by all that runs in this process. A
    # text as seed is hashed, so that the streams of neighbouring tasks have nothing in common.
    random = Random(f"{SEED} {task}").random
    return sum(random() ** 2 + random() ** 2 < 1 for _ in range(THROWS))


def main() -> None:
    hits = list(futures.map(throw, range(TASKS)))
    assert hits == [throw(task) for task in range(TASKS)]

    darts = TASKS * THROWS
    print(f"{darts} darts say that pi is about {4 * sum(hits) / darts:.4f}.")


if __name__ == "__main__":
    main()
