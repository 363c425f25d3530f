"""What programs do with futures, on three machines."""

import pytest

from other_systems import lacking

from .conftest import Far

PLACES = ["localhost localhost f1 f1 f2 f2", "f1 f1 f2 f2"]

everywhere = pytest.mark.parametrize("hosts", PLACES)


@pytest.mark.thorough
@everywhere
def test_nested_maps_with_all_at_work(far: Far, hosts: str) -> None:
    far.check(
        f"""
def branch(n):
    return [*futures.map(nap, range(n))]

def main():
    machines = all_at_work({len({*hosts.split()})})
    assert len(machines) == {len({*hosts.split()})}, machines
    found = [place for future in [futures.submit(branch, 10) for _ in range(20)] for place in future.result()]
    assert len(found) == 200
    assert len(set(found)) > 1
""",
        hosts,
    )


def test_the_calls_that_people_use(far: Far) -> None:
    far.check(
        """
from operator import add

def slow(x):
    time.sleep(0.005)
    return x

def fails(x):
    time.sleep(0.01)
    raise KeyError(x)

def main():
    all_at_work(2)
    assert sorted(futures.map_as_completed(slow, range(100))) == [*range(100)]
    assert futures.mapReduce(slow, add, range(100)) == sum(range(100))
    assert [*futures.mapScan(slow, add, range(30))] == [sum(range(n + 1)) for n in range(30)]
    assert sum(futures.map(abs, range(100_000))) == sum(range(100_000))
    several = [futures.submit(slow, x) for x in range(50)]
    assert {future.result() for future in futures.as_completed(several)} == {*range(50)}
    for x, future in enumerate([futures.submit(fails, x) for x in range(60)]):
        error = future.exception()
        assert type(error) is KeyError and error.args == (x,)
    error = raises(KeyError, list, futures.map(fails, range(60)))
    assert error.args == (0,)
"""
    )


@pytest.mark.thorough
def test_an_exception_brings_the_traceback_from_there(far: Far) -> None:
    far.check(
        """
def fails(x):
    time.sleep(0.01)
    raise KeyError(x)

def main():
    all_at_work(2)
    error = raises(KeyError, elsewhere, fails, 7)
    assert "in fails" in str(error.__cause__) and "script.py" in str(error.__cause__), error.__cause__
""",
        "f1 f1 f2 f2",
    )


@pytest.mark.thorough
def test_what_is_large_travels(far: Far) -> None:
    far.check(
        """
from functools import partial
import numpy as np

def double(array):
    time.sleep(0.01)
    return array * 2, scoop.worker.broker

def pick(data, x):
    time.sleep(0.01)
    return float(data[x]), scoop.worker.broker

def table(x):
    time.sleep(0.01)
    return float(shared.getConst("table")[x]), scoop.worker.broker

def main():
    all_at_work(3)
    arrays = [np.full(100_000, float(i)) for i in range(60)]
    for i, array in enumerate(by_several(double, arrays)):
        assert (array == 2 * i).all()
    assert by_several(partial(pick, np.arange(1e6)), range(100)) == [*range(100)]
    shared.setConst(table=np.arange(1e6))
    assert by_several(table, range(100)) == [*range(100)]
"""
    )


def test_constants_are_set_and_read_and_deleted_anywhere(far: Far) -> None:
    far.check(
        """
def set_one(x):
    time.sleep(0.02)
    shared.setConst(**{f"c{x}": x * x})

def get_one(x):
    time.sleep(0.02)
    return shared.getConst(f"c{x}", timeout=0), scoop.worker.broker

def set_again(x):
    time.sleep(0.02)
    try:
        shared.setConst(once=x)
    except TypeError:
        return 0
    return 1

def delete(x):
    time.sleep(0.02)
    shared.delConst(f"c{x}")

def main():
    all_at_work(3)
    list(futures.map(set_one, range(40)))
    squares = [x * x for x in range(40)]
    assert [shared.getConst(f"c{x}") for x in range(40)] == squares
    assert by_several(get_one, range(40)) == squares
    assert sum(futures.map(set_again, range(40))) == 1, "one wins"
    list(futures.map(delete, range(40)))
    assert by_several(get_one, range(40)) == [None] * 40
"""
    )


@pytest.mark.thorough
def test_tasks_that_are_not_awaited_end_before_the_run_and_may_print(far: Far) -> None:
    run = far.run(
        """
def mark(x):
    time.sleep(0.02)
    leave_mark(x)
    print("said", x)

def main():
    all_at_work(3)
    for x in range(60):
        futures.submit(mark, x)
    print_at_end(marks)
"""
    )
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert sorted(line for line in lines if line.startswith("said")) == sorted(f"said {x}" for x in range(60))
    assert "60" in lines


def test_what_is_cancelled_elsewhere_does_not_begin(far: Far) -> None:
    far.check(
        """
def main():
    all_at_work(3)
    futures_ = [futures.submit(leave_mark, x) for x in range(300)]
    time.sleep(0.1)
    cancelled = sum(future.cancel() for future in futures_)
    futures.wait(futures_)
    assert marks() + cancelled == 300, (marks(), cancelled)
    for _ in futures.map(nap, range(60)):
        pass
    assert marks() + cancelled == 300
"""
    )


@pytest.mark.thorough
def test_a_deadlock_is_told_from_elsewhere(far: Far) -> None:
    far.check(
        """
from scoop.errors import Deadlock

mine = []

def waits_for_itself():
    return mine[0].result()

def start_one():
    mine.append(futures.submit(waits_for_itself))
    return mine[0].result()

def main():
    all_at_work(2)
    raises(Deadlock, elsewhere, start_one)
""",
        "f1 f1 f2 f2",
    )


@pytest.mark.thorough
@pytest.mark.parametrize("ending", ["sys.exit(7)", "raise ValueError('no')"])
def test_the_status_is_the_programs(far: Far, ending: str) -> None:
    run = far.run(f"def main():\n    all_at_work(3)\n    futures.submit(time.sleep, 600)\n    {ending}\n")
    assert run.status == (7 if "exit" in ending else 1), run.err
    assert ("ValueError: no" in run.err) == ("exit" not in ending)


def test_short_programs_do_not_wait_for_hosts(far: Far) -> None:
    far.check("def main():\n    assert [*futures.map(square, range(10))] == [x * x for x in range(10)]\n")


@pytest.mark.thorough
def test_proxies_of_a_manager_work_on_all_machines(far: Far) -> None:
    far.check(
        """
import multiprocessing

def put(table, key):
    time.sleep(0.01)
    table[key] = 1
    return key

def main():
    all_at_work(2)
    with multiprocessing.Manager() as manager:
        table = manager.dict()
        assert [*futures.map(put, [table] * 60, range(60))] == [*range(60)]
        assert sorted(table.keys()) == [*range(60)]
"""
    )


@pytest.mark.thorough
def test_what_tasks_log_on_other_machines_reaches_the_program(far: Far) -> None:
    far.check(
        """
import logging

class Keep(logging.Handler):
    said = []

    def emit(self, record):
        self.said.append((record.scoop_worker, record.getMessage()))

def say():
    logging.getLogger("some.module").info("said")
    return scoop.worker.worker

def main():
    logging.basicConfig(level=logging.INFO, handlers=[Keep()])
    all_at_work(2)
    workers = set(anywhere_else(say).values())
    until(lambda: {(worker, "said") for worker in workers} <= set(Keep.said))
"""
    )


@pytest.mark.thorough
def test_globals_set_under_the_guard_are_the_same_on_all_machines(far: Far) -> None:
    far.check(
        """
def read():
    return setting, Thing.name

def nested():
    return read()

def deeper():
    time.sleep(0.02)
    return {*futures.map(lambda _: (nap(0), *nested()), range(20))}

def main():
    global setting, Thing
    class Thing:
        name = "thing"
    for setting in range(5):
        assert {*anywhere_else(nested).values()} == {(setting, "thing")}
    assert len(all_at_work(2)) >= 2
    found = set().union(*[future.result() for future in [futures.submit(deeper) for _ in range(20)]])
    assert {place[1:] for place in found} == {(4, "thing")}
"""
    )


def test_hosts_without_memory_that_has_no_name(
    far: Far, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Their certificate and large buffers take other ways."""
    monkeypatch.setenv("PYTHONPATH", lacking("memfd", tmp_path_factory.mktemp("lacking"))["PYTHONPATH"])
    far.check(
        """
def main():
    all_at_work(2)
    shared.setConst(table=b"1" * 1_000_000)
    assert {*anywhere_else(lambda: len(shared.getConst("table", timeout=60))).values()} == {1_000_000}
""",
        "localhost f1 f1",
    )
