"""DEAP with scoop: a genetic algorithm whose individuals are evaluated in parallel.

One line does it: `toolbox.register("map", futures.map)`. The problem is the simplest there is, to breed a
row of bits that are all one. Needs DEAP:  pip install deap

Run it:  python -m scoop -n 2 examples/deap_onemax.py
"""

import random

from deap import algorithms, base, creator, tools

from scoop import futures

BITS = 60

# Outside of main(), so that each worker makes these classes too when it imports this file.
creator.create("Fitness", base.Fitness, weights=(1.0,))
creator.create("Bits", list, fitness=creator.Fitness)


def ones(individual: list[int]) -> tuple[int]:
    """The fitness; DEAP wants a tuple, since there may be several goals."""
    return (sum(individual),)


def make_toolbox() -> base.Toolbox:
    toolbox = base.Toolbox()
    toolbox.register("bit", random.randint, 0, 1)
    toolbox.register("individual", tools.initRepeat, creator.Bits, toolbox.bit, BITS)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", ones)
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", tools.mutFlipBit, indpb=0.02)
    toolbox.register("select", tools.selTournament, tournsize=3)
    return toolbox


def evolve(toolbox: base.Toolbox) -> tuple[list[int], int]:
    """The best individual, and how many were evaluated."""
    # Chance is only used here in the main program, never in a task: so the seed decides everything.
    random.seed(3)
    population = toolbox.population(n=60)
    best = tools.HallOfFame(1)
    _, log = algorithms.eaSimple(population, toolbox, cxpb=0.6, mutpb=0.3, ngen=30, halloffame=best, verbose=False)
    return list(best[0]), sum(log.select("nevals"))


def main() -> None:
    toolbox = make_toolbox()
    toolbox.register("map", futures.map)
    best, evaluated = evolve(toolbox)

    toolbox.register("map", map)
    assert evolve(toolbox) == (best, evaluated)

    print("".join(map(str, best)))
    print(f"{evaluated} individuals evaluated; the best has {sum(best)} ones of {BITS}.")


if __name__ == "__main__":
    main()
