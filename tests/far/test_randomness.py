"""Random numbers on three machines."""

import pytest

from running import Run

from .conftest import Far

BODY = """
import hashlib

def draw(x):
    before = scoop.random().random()
    nested = [futures.submit(number).result() for _ in range(2)]
    time.sleep(0.02)
    return before, nested, list(futures.map(number, range(3)))

def number(*_):
    return scoop.random().getrandbits(50)

def main():
    machines = all_at_work({machines})
    scoop.seed(7)
    sums = list(futures.map(draw, range(100))), futures.mapReduce(number, int.__add__, range(5000))
    print(hashlib.md5(repr(sums).encode()).hexdigest())
"""


@pytest.mark.thorough
def test_numbers_are_the_same_on_one_machine_and_on_three(far: Far) -> None:
    three = far.run(BODY.replace("{machines}", "3"), "localhost localhost f1 f1 f2 f2")
    assert (three.status, three.err) == (0, "")
    assert far.run(BODY.replace("{machines}", "1"), "localhost localhost") == Run(0, three.out, "")
