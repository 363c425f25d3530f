"""A model of an infection in a town of 300 people."""

import random

PEOPLE = 300
CHANCE = 0.05  # that a meeting passes the infection on


def outbreak(meetings: int, days_ill: int, seed: int) -> int:
    """Return how many people fall ill, when one brings the infection.

    Parameters:
        meetings: how many people somebody who is ill meets each day.
        days_ill: how long the illness lasts.
        seed: the same seed gives the same outbreak.
    """
    if days_ill < 1:
        raise ValueError(f"days_ill must be 1 or more, not {days_ill}")
    rng = random.Random(f"{meetings} {days_ill} {seed}")
    day = 0
    ends = {0: days_ill}  # the day on which the illness of a person ends
    while ill := [person for person, end in ends.items() if end > day]:
        for _ in range(meetings * len(ill)):
            other = rng.randrange(PEOPLE)
            if other not in ends and rng.random() < CHANCE:
                ends[other] = day + 1 + days_ill
        day += 1
    return len(ends)
