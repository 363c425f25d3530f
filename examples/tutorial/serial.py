"""The study, serially: how large do outbreaks become?"""

import csv
from itertools import product

from epidemic import outbreak

MEETINGS = (4, 8, 16)
DAYS_ILL = (2, 4)
REPETITIONS = 50


def study(case: tuple[int, int]) -> tuple[int, int, float]:
    meetings, days_ill = case
    sizes = [outbreak(meetings, days_ill, seed) for seed in range(REPETITIONS)]
    return meetings, days_ill, sum(sizes) / REPETITIONS


if __name__ == "__main__":
    cases = list(product(MEETINGS, DAYS_ILL))
    with open("outbreaks.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["meetings", "days_ill", "mean_size"])
        for row in map(study, cases):
            table.writerow(row)
            print("{} meetings, {} days: {:.1f} people".format(*row))
