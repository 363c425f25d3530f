"""The study with some inputs that make no sense."""

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
    for case, task in zip(cases, tasks, strict=True):
        name = "{} meetings, {} days".format(*case)
        try:
            print(f"{name}: {task.result():.1f} people")
        except ValueError as problem:
            print(f"{name}: left out, {problem}")
