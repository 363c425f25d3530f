"""DEAP's island model with scoop: populations that evolve apart, side by side, and exchange their best.

`toolbox.map` runs whole islands as tasks, and each island maps the evaluation of its individuals: maps within maps.
DEAP draws its random numbers from the module `random`, of which each worker has its own: so no two runs are the same.
Needs DEAP:  pip install deap

Run it:  python -m scoop -n 2 examples/deap_islands.py
"""

import random
from functools import partial

from deap import algorithms, base, creator, tools

from scoop import futures

BITS = 40
ISLANDS = 4

creator.create("Fitness", base.Fitness, weights=(1.0,))
creator.create("Bits", list, fitness=creator.Fitness)


def ones(individual: list[int]) -> tuple[int]:
    """The fitness; DEAP wants a tuple, since there may be several goals."""
    return (sum(individual),)


toolbox = base.Toolbox()
toolbox.register("bit", random.randint, 0, 1)
toolbox.register("individual", tools.initRepeat, creator.Bits, toolbox.bit, BITS)
toolbox.register("island", tools.initRepeat, list, toolbox.individual)
toolbox.register("evaluate", ones)
toolbox.register("mate", tools.cxTwoPoint)
toolbox.register("mutate", tools.mutFlipBit, indpb=0.03)
toolbox.register("select", tools.selTournament, tournsize=3)
toolbox.register("map", futures.map)


def evolve(generations: int, island: list[list[int]]) -> list[list[int]]:
    """One island after some generations."""
    evolved: list[list[int]]
    evolved, _ = algorithms.eaSimple(island, toolbox, cxpb=0.6, mutpb=0.3, ngen=generations, verbose=False)
    return evolved


def best_of(islands: list[list[list[int]]]) -> int:
    return max(sum(individual) for island in islands for individual in island)


def main() -> None:
    islands = [toolbox.island(n=20) for _ in range(ISLANDS)]
    at_first = best_of(islands)
    for _ in range(4):
        islands = list(toolbox.map(partial(evolve, 5), islands))
        tools.migRing(islands, k=2, selection=tools.selBest)
    assert [len(island) for island in islands] == [20] * ISLANDS
    assert best_of(islands) > at_first
    print(f"{ISLANDS} islands; the best of all has {best_of(islands)} ones of {BITS}, {at_first} at first.")


if __name__ == "__main__":
    main()
