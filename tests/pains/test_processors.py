"""All processors one asked for are used, and no more."""

import json
import os
import textwrap
from pathlib import Path

import pytest

from running import Run, RunScoop, run_python
from scripts import program


def test_two_long_tasks_overlap_wherever_they_stand(scoop_run: RunScoop) -> None:
    source = """
    import itertools

    def task(meeting, who):
        \"\"\"Be long: until the other has come.\"\"\"
        return None if who is None else meet(meeting, who, 2)

    def by_submit(function, *rows):
        return [future.result() for future in [futures.submit(function, *row) for row in zip(*rows)]]

    if __name__ == "__main__":
        for name, run in (("map", futures.map), ("submit", by_submit), ("unordered", futures.map_as_completed)):
            for places in itertools.combinations(range(6), 2):
                meeting = f"{name}-{places[0]}-{places[1]}"
                who = [places.index(place) if place in places else None for place in range(6)]
                met = [*run(task, [meeting] * 6, who)]
                assert len(met) - met.count(None) == 2
        print("all met")
    """
    assert scoop_run(program(source)) == Run(0, "all met\n", "")


def test_the_affinity_of_the_process_bounds_the_number_of_workers(tmp_path: Path) -> None:
    bound = """
    import os, sys
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    os.execv(sys.executable, [sys.executable, "-m", "scoop", "-c", "import scoop; print(scoop.SIZE)"])
    """
    assert run_python("-c", textwrap.dedent(bound), cwd=tmp_path) == Run(0, "1\n", "")


LIMITS = """
    NAMES = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"

    def limits():
        return [os.environ.get(name) for name in NAMES]

    if __name__ == "__main__":
        import json
        print(json.dumps([limits(), send(limits).result()]))
    """


def test_numerical_libraries_are_kept_from_starting_a_thread_a_processor(
    scoop_run: RunScoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    workers = len(os.sched_getaffinity(0)) + 1
    run = scoop_run(program(LIMITS), n=workers)
    assert (run.status, run.err) == (0, "")
    assert json.loads(run.out) == [["1"] * 3] * 2


def test_what_the_user_set_for_numerical_libraries_stays(scoop_run: RunScoop) -> None:
    run = scoop_run(program(LIMITS), env={"OMP_NUM_THREADS": "7"})
    assert (run.status, run.err) == (0, "")
    assert [limits[0] for limits in json.loads(run.out)] == ["7", "7"]


def test_nobody_is_busy_waiting(scoop_run: RunScoop) -> None:
    source = """
    import psutil

    def used(processes):
        return sum(sum(process.cpu_times()[:2]) for process in processes)

    if __name__ == "__main__":
        send(abs, -1)  # so the other worker has started
        run = [psutil.Process(), *psutil.Process().children(recursive=True)]
        before = used(run)
        time.sleep(1)  # while all others have nothing to do
        idle = used(run)
        future = taken(is_open)
        threading.Timer(1, open_gate).start()
        assert future.result()  # while another works, and the origin waits for it
        waiting = used(run)
        print(len(run), idle - before < 0.3, waiting - idle < 0.3)
    """
    assert scoop_run(program(source)) == Run(0, "5 True True\n", "")
