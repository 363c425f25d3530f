"""Traces of executors, and of scoop.start()."""

from pathlib import Path

from executors.programs import check
from running import RunScoop
from scoop.report.pieces import Pieces
from scoop.report.reading import read
from scoop.report.summary import summary
from scoop.report.trace import Trace


def calls_of(trace: Trace, name: str) -> int:
    return sum(task.rows or 1 for task in trace.tasks if task.function == name and not task.chunk)


def test_an_executor_and_a_session_record_all_that_their_workers_run(scoop_run: RunScoop, tmp_path: Path) -> None:
    check(
        scoop_run,
        """
        def branch(n):
            return sum(each.result() for each in [futures.submit(square, x) for x in range(n)])

        def main():
            with Executor(2, trace="calls.json.gz") as executor:
                raises(ScoopError, Executor, 1, trace="other.json")
                assert not os.path.exists("other.json")
                assert sum(f.result() for f in [executor.submit(branch, 3) for _ in range(20)]) == 100
                assert sum(executor.map(square, range(50))) == 40425
            for make in Executor, scoop.start:
                error = raises(FileNotFoundError, make, 1, trace="nowhere/t.json")
                assert error.__traceback__.tb_next.tb_next is None, "beside the call, one frame of SCOOP's"
            scoop.start(2, trace=os.path.abspath("session.json"))
            assert sum(futures.map(branch, [3] * 10)) == 50
            scoop.stop()
        """,
    )
    calls, session = (read(str(tmp_path / name)) for name in ("calls.json.gz", "session.json"))
    assert (calls.is_whole, session.is_whole) == (True, True)
    assert (calls_of(calls, "branch"), calls_of(calls, "square")) == (20, 110)
    assert (calls_of(session, "branch"), calls_of(session, "square")) == (10, 30)
    by_key = {task.key: task for task in calls.tasks}
    parents = [by_key[task.parent].function for task in calls.tasks if task.parent in by_key]
    assert parents.count("branch") >= 60
    assert not any(task.is_program for task in calls.tasks)  # what it did meanwhile is not known
    assert summary(calls, Pieces(calls.tasks, calls.moves))["run"]["workers"] == 2


def test_a_trace_has_its_end_though_the_workers_are_ended_at_once(scoop_run: RunScoop, tmp_path: Path) -> None:
    check(
        scoop_run,
        """
        def main():
            executor = Executor(1, trace="t.json")
            assert executor.submit(square, 3).result() == 9
            executor.submit(time.sleep, 99)
            executor.terminate_workers()
            with Executor(1, trace="t.json") as executor:
                assert executor.submit(square, 3).result() == 9
        """,
    )
    assert read(str(tmp_path / "t.json")).is_whole
