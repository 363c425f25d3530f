"""A model of an infection in a town of 300 people: the study of the tutorial runs it many times."""

import random

PEOPLE = 300
CHANCE = 0.05  # that a meeting passes the infection on


def outbreak(meetings: int, days_ill: int, seed: int) -> int:
    """Return how many people fall ill in all, when one person brings the infection into the town.

    Parameters:
        meetings: how many people somebody who is ill meets each day.
        days_ill: how long the illness lasts.
        seed: the number of the repetition. The same seed gives the same outbreak.
    """
    if days_ill < 1:
        raise ValueError(f"days_ill must be 1 or more, not {days_ill}")
    rng = random.Random(f"{meetings} {days_ill} {seed}")
    healthy = set(range(1, PEOPLE))
    days_left = {0: days_ill}
    while days_left:
        met = [rng.randrange(PEOPLE) for _ in range(meetings * len(days_left)) if rng.random() < CHANCE]
        days_left = {person: days - 1 for person, days in days_left.items() if days > 1}
        for person in met:
            if person in healthy:
                healthy.remove(person)
                days_left[person] = days_ill
    return PEOPLE - len(healthy)
