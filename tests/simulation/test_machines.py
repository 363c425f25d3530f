"""Several machines together, over many seeds: nothing is lost, nothing runs twice, all ends."""

from typing import Any

import pytest

from .machines import Run


def over_all(seeds: range, **how: Any) -> None:
    for seed in seeds:
        try:
            Run(seed, **how).go()
        except Exception as problem:
            raise AssertionError(f"seed {seed}: {problem!r}") from problem


SIZES = [[1, 1], [2, 3], [1, 2, 2], [3, 1, 4, 1]]

on_machines = pytest.mark.parametrize("sizes", SIZES)


@on_machines
def test_every_task_ends_once_and_all_tables_end_empty(sizes: list[int], seeds: range) -> None:
    over_all(seeds, sizes=sizes)


@on_machines
def test_constants_come_in_one_order_and_before_tasks_that_need_them(sizes: list[int], seeds: range) -> None:
    over_all(seeds, sizes=sizes, constants=True, late=2)


@on_machines
def test_workers_die(sizes: list[int], seeds: range) -> None:
    over_all(seeds, sizes=sizes, deaths=6)


@on_machines
@pytest.mark.parametrize("retries", [0, 1, 2])
def test_machines_are_lost_and_others_join(sizes: list[int], retries: int, seeds: range) -> None:
    over_all(seeds, sizes=sizes, losses=3, late=2, retries=retries)


@on_machines
def test_machines_that_leave_by_themselves_lose_nothing(sizes: list[int], seeds: range) -> None:
    over_all(seeds, sizes=sizes, leaves=2, late=1, constants=True)
    over_all(seeds, sizes=sizes, leaves=3, retries=0)


@on_machines
def test_all_other_machines_are_lost(sizes: list[int], seeds: range) -> None:
    over_all(seeds, sizes=sizes, losses=6, deaths=3)


@pytest.mark.parametrize("here", [0, 1, 2])
def test_an_origin_that_is_spared(here: int, seeds: range) -> None:
    over_all(seeds, sizes=[here, 2, 2], spare=True, constants=True)
    over_all(seeds, sizes=[here, 2, 2], spare=True, losses=4, deaths=2)


def test_lines_are_cut_and_nothing_is_lost_or_runs_twice(seeds: range) -> None:
    over_all(seeds, sizes=[1, 2, 2], cuts=200, retries=0, constants=True)


def test_all_of_it_together(seeds: range) -> None:
    over_all(seeds, sizes=[2, 3, 1], losses=2, leaves=1, deaths=4, late=3, cuts=50, constants=True)
