"""A small symbolic regression with DEAP: find x**4 + x**3 + x**2 + x by breeding formulas."""

import operator
import random
from collections.abc import Callable, Iterable
from typing import Any

from deap import algorithms, base, creator, gp, tools

POINTS = [step / 100 for step in range(-100, 100)]

primitives = gp.PrimitiveSet("MAIN", 1)
for function, operands in ((operator.add, 2), (operator.sub, 2), (operator.mul, 2), (operator.neg, 1)):
    primitives.addPrimitive(function, operands)
primitives.addTerminal(1)
primitives.renameArguments(ARG0="x")

creator.create("Distance", base.Fitness, weights=(-1.0,))
creator.create("Formula", gp.PrimitiveTree, fitness=creator.Distance)


def distance(individual: Any) -> tuple[float]:
    """Return how far the formula is from what is sought."""
    formula = gp.compile(individual, primitives)
    return (sum((formula(x) - x**4 - x**3 - x**2 - x) ** 2 for x in POINTS),)


def evolve(parallel_map: Callable[..., Iterable[Any]], population: int = 300, generations: int = 20) -> float:
    """Return the best distance found; it does not depend on who computed it."""
    random.seed(318)
    toolbox = base.Toolbox()
    toolbox.register("formula", gp.genHalfAndHalf, pset=primitives, min_=2, max_=4)
    toolbox.register("individual", tools.initIterate, creator.Formula, toolbox.formula)
    toolbox.register("evaluate", distance)
    toolbox.register("select", tools.selTournament, tournsize=3)
    toolbox.register("mate", gp.cxOnePoint)
    toolbox.register("grown", gp.genFull, min_=0, max_=2)
    toolbox.register("mutate", gp.mutUniform, expr=toolbox.grown, pset=primitives)
    for variation in ("mate", "mutate"):
        toolbox.decorate(variation, gp.staticLimit(operator.attrgetter("height"), 10))
    toolbox.register("map", parallel_map)
    people = tools.initRepeat(list, toolbox.individual, population)
    best = tools.HallOfFame(1)
    algorithms.eaSimple(people, toolbox, 0.6, 0.2, generations, halloffame=best, verbose=False)
    value: float = best[0].fitness.values[0]
    return value
