"""Resources that each machine of a run has, for tasks of the program's."""

import pytest

from .conftest import Far


@pytest.mark.thorough
def test_each_machine_has_its_own_resources(far: Far) -> None:
    far.check(
        """
def train(x):
    (number,) = scoop.task().resources["gpu"]
    taken = f"{scoop.worker.broker}-{number}".replace(":", "-")
    os.close(os.open(taken, os.O_CREAT | os.O_EXCL))
    time.sleep(0.1)
    os.remove(taken)
    return scoop.worker.broker

def main():
    machines = all_at_work(3)
    needy = futures.options(train, gpu=1)
    found = set()
    until(lambda: found.update([task.result() for task in [futures.submit(needy, x) for x in range(12)]])
        or found == machines)
    unwanted = [futures.submit(futures.options(time.sleep, gpu=1), 600) for _ in range(6)]
    assert all(task.cancel(force=True) for task in unwanted)
    assert {*futures.map(needy, range(12))} <= machines
""",
        "localhost localhost f1 f1 f2 f2",
        "--resources",
        "gpu=1",
    )
