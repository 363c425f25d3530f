"""The study with smaller tasks: each case is a task, and starts others."""

from itertools import product

from epidemic import outbreak

from scoop import futures

MEETINGS = (4, 8, 16)
DAYS_ILL = (2, 4)
REPETITIONS = 50


def study(case: tuple[int, int]) -> tuple[int, int, float]:
    meetings, days_ill = case

    def once(seed: int) -> int:
        return outbreak(meetings, days_ill, seed)

    sizes = futures.map(once, range(REPETITIONS))
    return meetings, days_ill, sum(sizes) / REPETITIONS


if __name__ == "__main__":
    cases = list(product(MEETINGS, DAYS_ILL))
    for row in futures.map_as_completed(study, cases):
        print("{} meetings, {} days: {:.1f} people".format(*row))
