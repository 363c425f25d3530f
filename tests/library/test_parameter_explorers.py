"""Programs built as pypet is: runs that get one large argument, frozen or not, with a logging manager in it."""

import pytest

from running import RunScoop
from scripts import program

SOURCE = """
import logging
from scoop import shared

class LoggingManager:
    '''Keeps loggers, and opens its handler anew wherever it has come to.'''

    def __init__(self):
        self.logger = logging.getLogger("explorer")
        self.handler = logging.StreamHandler(sys.stdout)

    def __getstate__(self):
        return {**self.__dict__, "handler": None}

    def make_handler(self):
        self.handler = logging.NullHandler()

class Trajectory:
    def __init__(self, values):
        self.values = values
        self.place = None


def single_run(kwargs):
    kwargs["manager"].make_handler()
    trajectory = kwargs["trajectory"]
    trajectory.place = kwargs["place"]
    return trajectory.place, kwargs["run"](trajectory.values[trajectory.place], *kwargs["args"])

def frozen_run(place):
    return single_run({**shared.getConst("frozen"), "place": place})

def power(base, exponent):
    return base ** exponent

def kwargs_of(place, **common):
    return {**common, "place": place}

if __name__ == "__main__":
    common = {"trajectory": Trajectory(list(range(40))), "manager": LoggingManager(), "run": power, "args": (2,)}
    unfrozen = list(futures.map(single_run, (kwargs_of(place, **common) for place in range(40))))
    shared.setConst(frozen=common)
    frozen = list(futures.map(frozen_run, range(40), timeout=60))
    assert unfrozen == frozen == [(place, place**2) for place in range(40)], (unfrozen, frozen)
    print("explored", common["trajectory"].place is None or "run at home")
"""


@pytest.mark.parametrize("n", [1, 3])
def test_frozen_and_unfrozen_arguments_explore_alike(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(program(SOURCE), n=n)
    assert run.status == 0, run
    assert run.out.startswith("explored"), run
    assert not run.err, run
