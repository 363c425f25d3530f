"""A bounded number of random programs, other ones each time; ``make fuzz`` goes on for as long as one likes."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from fuzz.grammar import Mix, Program, make
from fuzz.runner import Verdict, kept, run

SECONDS = 12
"""For how long programs are begun."""

JOBS = 2

FAILURES = Path(os.environ.get("FUZZ_FAILURES", "fuzz-failures"))

EVERY_MIX = [
    Mix(n, retries, kills, alarms, interrupts)
    for n, retries, kills, alarms, interrupts in [
        (2, 0, 0, False, False),
        (3, 1, 1, False, False),
        (1, 0, 0, True, True),
        (8, 2, 2, False, False),
        (3, 0, 1, True, False),
        (2, 2, 0, False, True),
    ]
]


def programs(first: int) -> Iterator[Program]:
    """Return programs of seeds from ``first`` on, until the time is up: every mix once, then those of the seeds."""
    for number, mix in enumerate(EVERY_MIX):
        yield make(first + number, **{name: getattr(mix, name) for name in Mix.__dataclass_fields__})
    end, seed = time.monotonic() + SECONDS, first + len(EVERY_MIX)
    while time.monotonic() < end:
        yield make(seed)
        seed += 1


def test_random_programs_do_as_their_serial_model() -> None:
    seeds = int(os.environ.get("FUZZ_SEED", time.time_ns() // 1_000_000))
    running = dict[Future[Verdict], Program]()
    with ThreadPoolExecutor(JOBS) as pool:
        for program in programs(seeds):
            running[pool.submit(run, program)] = program
            if len(running) == JOBS:
                expect_right(running, wait(running, return_when=FIRST_COMPLETED).done)
        expect_right(running, wait(running).done)


def expect_right(running: dict[Future[Verdict], Program], done: set[Future[Verdict]]) -> None:
    """Fail if one of the programs has, and say how to have it again."""
    for future in done:
        program = running.pop(future)
        if (problem := future.result().problem) is not None:
            path = kept(program, problem, FAILURES)
            again = f"python tests/fuzz/fuzz.py --file {path} --times 20"
            pytest.fail(f"seed {program.seed}, {program.mix}; again: {again}\n{problem}")


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_makes_the_same_program_each_time(seed: int) -> None:
    assert make(seed) == make(seed)


def test_seeds_make_different_programs() -> None:
    assert len({repr(make(seed).steps) for seed in range(50)}) == 50
