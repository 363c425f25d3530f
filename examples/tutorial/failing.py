"""The study with inputs that make no sense: the others are computed all the same."""

from itertools import product

from epidemic import outbreak

from scoop import futures

MEETINGS = (4, 8, 16)
DAYS_ILL = (0, 2, 4)
REPETITIONS = 50


def study(case: tuple[int, int]) -> float:
    meetings, days_ill = case
    sizes = [outbreak(meetings, days_ill, seed) for seed in range(REPETITIONS)]
    return sum(sizes) / REPETITIONS


if __name__ == "__main__":
    cases = list(product(MEETINGS, DAYS_ILL))
    tasks = [futures.submit(study, case) for case in cases]
    for (meetings, days_ill), task in zip(cases, tasks, strict=True):
        try:
            print(f"{meetings} meetings, {days_ill} days: {task.result():.1f} people")
        except ValueError as problem:
            print(f"{meetings} meetings, {days_ill} days: left out, {problem}")
