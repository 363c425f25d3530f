"""DEAP with scoop, and a module of our own beside the script: breed a network that sorts five numbers.

`sorting_networks.py` lies in the same folder and knows nothing of DEAP or scoop; the workers import it just
as this script does. Needs DEAP:  pip install deap

Run it:  python -m scoop -n 2 examples/deap_sorting_network.py
"""

import random

import sorting_networks
from deap import algorithms, base, creator, tools

from scoop import futures

WIDTH = 5
LONGEST = 14

# Outside of main(), so that each worker makes these classes too. Both goals are to be small, and the first
# counts before the second: a short network is worth nothing while it makes mistakes.
creator.create("Faults", base.Fitness, weights=(-1.0, -1.0))
creator.create("Network", list, fitness=creator.Faults)


def judge(network: list[sorting_networks.Comparator]) -> tuple[int, int]:
    """This is the work that the workers share."""
    return sorting_networks.mistakes(network, WIDTH), len(network)


def mutate(network: list[sorting_networks.Comparator]) -> tuple[list[sorting_networks.Comparator]]:
    """Add, drop or replace one comparator."""
    place = random.randrange(len(network))
    kind = random.random()
    if kind < 0.3 and len(network) < LONGEST:
        network.insert(place, sorting_networks.random_comparator(WIDTH))
    elif kind < 0.6 and len(network) > 2:
        del network[place]
    else:
        network[place] = sorting_networks.random_comparator(WIDTH)
    return (network,)


def make_toolbox() -> base.Toolbox:
    toolbox = base.Toolbox()
    toolbox.register("comparator", sorting_networks.random_comparator, WIDTH)
    toolbox.register("individual", tools.initRepeat, creator.Network, toolbox.comparator, LONGEST)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", judge)
    toolbox.register("mate", tools.cxOnePoint)
    toolbox.register("mutate", mutate)
    toolbox.register("select", tools.selTournament, tournsize=3)
    return toolbox


def evolve(toolbox: base.Toolbox) -> list[sorting_networks.Comparator]:
    random.seed(5)
    population = toolbox.population(n=80)
    best = tools.HallOfFame(1)
    algorithms.eaSimple(population, toolbox, cxpb=0.4, mutpb=0.5, ngen=30, halloffame=best, verbose=False)
    return list(best[0])


def main() -> None:
    toolbox = make_toolbox()
    toolbox.register("map", futures.map)
    best = evolve(toolbox)

    toolbox.register("map", map)
    assert evolve(toolbox) == best

    print(sorting_networks.drawing(best, WIDTH))
    faults, comparators = judge(best)
    print(f"{comparators} comparators sort {2**WIDTH - faults} of {2**WIDTH} inputs.")


if __name__ == "__main__":
    main()
