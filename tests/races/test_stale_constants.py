"""A task sees the constants that were set before it was submitted, also where others were just being read."""

import pytest

from running import RunScoop
from scripts import check

SLOW = """
    class Slow:
        \"\"\"Takes until a gate is open to be unpickled on another worker.\"\"\"

        def __init__(self, value, gate=None):
            self.value, self.gate = value, gate

        def __reduce__(self):
            return unpickle, (self.value, self.gate)

    def unpickle(value, gate):
        if gate is not None and not scoop.IS_ORIGIN:
            open_gate(f"reading-{gate}")
            is_open(gate)
        return Slow(value, gate)

    def read(name="x"):
        found = shared.getConst(name)
        return None if found is None else found.value

    def nap_and_read(_):
        time.sleep(0.003)
        return read()

    """


@pytest.mark.parametrize("n", [2, 3])
def test_a_constant_set_anew_while_the_old_one_is_unpickled_is_seen(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for round in range(3):
            shared.setConst(x=Slow("old", f"gate-{round}"))
            reader = futures.submit(read)
            is_open(f"reading-gate-{round}")
            shared.delConst("x")
            shared.setConst(x=Slow("new"))
            open_gate(f"gate-{round}")
            assert reader.result() in ("old", "new")
            assert {elsewhere(read) for _ in range(5)} == {"new"}
            assert set(futures.map(nap_and_read, range(100))) == {"new"}
            shared.delConst("x")
    """
    check(scoop_run, n, SLOW + body)


@pytest.mark.parametrize("n", [2, 3])
def test_a_constant_deleted_while_it_is_unpickled_is_gone(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        shared.setConst(x=Slow("old", "gate"))
        reader = futures.submit(read)
        is_open("reading-gate")
        shared.delConst("x")
        shared.setConst(y=Slow("other"))
        open_gate()
        reader.result()
        assert elsewhere(read, "y") == "other"
        assert elsewhere(read) is None
    """
    check(scoop_run, n, SLOW + body)


@pytest.mark.parametrize("n", [2, 3])
def test_a_constant_set_anew_is_seen_while_a_task_still_reads_the_old(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        shared.setConst(x=Slow("old", "gate"))
        reader = futures.submit(read)
        is_open("reading-gate")
        shared.delConst("x")
        shared.setConst(x=Slow("new"))
        tasks = [futures.submit(read) for _ in range(3)]
        threading.Timer(0.5, open_gate).start()
        assert {task.result() for task in tasks} == {"new"}
        assert reader.result() in ("old", "new")
        assert {elsewhere(read) for _ in range(3)} == {"new"}
    """
    check(scoop_run, n, SLOW + body)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_constants_set_anew_again_and_again_are_never_stale(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for round in range(150):
            shared.setConst(x=Slow(round))
            tasks = [futures.submit(read) for _ in range(scoop.SIZE)]
            if round % 3 == 0:
                assert set(futures.map(nap_and_read, range(10))) == {round}
            assert {task.result() for task in tasks} == {round}, round
            shared.delConst("x")
    """
    check(scoop_run, n, SLOW + body)


@pytest.mark.parametrize("n", [2, 3])
def test_readers_that_overlap_a_new_constant_leave_nothing_stale(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for round in range(60):
            shared.setConst(x=Slow(round))
            early = [futures.submit(nap_and_read, 0) for _ in range(2 * scoop.SIZE)]
            time.sleep(0.001 * (round % 5))
            shared.delConst("x")
            shared.setConst(x=Slow(-round))
            late = [futures.submit(read) for _ in range(2 * scoop.SIZE)]
            assert {task.result() for task in late} == {-round}, round
            assert {task.result() for task in early} <= {round, -round, None}
            shared.delConst("x")
    """
    check(scoop_run, n, SLOW + body)
