"""joblib's Parallel on SCOOP's workers: the backend "scoop"."""

import pytest

from executors.programs import check
from running import RunScoop
from scripts import check as check_in_run
from scripts import everywhere

pytest.importorskip("joblib")

IMPORTS = """
import joblib
import scoop.joblib
from joblib import Parallel, delayed, parallel_config

def calls(function, inputs):
    return (delayed(function)(x) for x in inputs)

def pids(parallel):
    return {*parallel(calls(lambda _: os.getpid(), range(20)))}

def failing_inputs():
    yield from calls(square, range(20))
    raise LookupError("of the inputs")

squares = [x * x for x in range(100)]
KINDS = "list", "generator", "generator_unordered"

"""


def test_results_are_those_of_a_loop_however_they_are_asked_for(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        f"""{IMPORTS}
def nested(depth):
    return sum(Parallel()(calls(nested, [depth - 1] * 2))) if depth else 1

def main():
    with parallel_config(backend="scoop", n_jobs=2):
        for settings in ({{}}, {{"batch_size": 7}}, {{"pre_dispatch": "all"}}, {{"n_jobs": -1}}, {{"n_jobs": 1}}):
            assert Parallel(**settings)(calls(square, range(100))) == squares
        first = Parallel(return_as="generator")(calls(square, range(100)))
        other = Parallel(return_as="generator_unordered")(calls(square, range(100)))
        assert Parallel()(calls(square, [])) == []
        assert Parallel()(calls(nested, [3] * 4)) == [8] * 4
        assert [*first] == sorted(other) == squares
        with Parallel(timeout=60) as parallel:
            assert parallel(calls(square, range(100))) == parallel(calls(square, range(100))) == squares
        assert len(pids(Parallel())) <= 2
        for how in KINDS:
            raises(LookupError, lambda: [*Parallel(return_as=how)(failing_inputs())])
        raises(ValueError, Parallel(n_jobs=0), [])
    scoop.joblib.register()
    assert "scoop" in joblib.parallel.BACKENDS
""",
    )


def test_a_generator_gives_results_while_others_are_to_come(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        f"""{IMPORTS}
def main():
    others = [delayed(is_open)(), delayed(square)(4), delayed(square)(5)]
    with parallel_config(backend="scoop", n_jobs=3):  # two of the three workers will wait
        ordered = Parallel(return_as="generator", batch_size=1)([delayed(square)(3), *others])
        assert next(ordered) == 9
        unordered = Parallel(return_as="generator_unordered", batch_size=1)(others)
        assert {{next(unordered), next(unordered)}} == {{16, 25}}
        open_gate()
        assert [*ordered] == [True, 16, 25]
        assert [*unordered] == [True]
""",
    )


@pytest.mark.thorough
def test_several_threads_may_use_the_same_settings(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        f"""{IMPORTS}
def main():
    found, seen = [], set()
    with parallel_config(backend="scoop", n_jobs=2) as settings:
        def work():
            for _ in range(3):
                parallel = Parallel(2, backend=settings["backend"])
                found.append(parallel(calls(square, range(100))))
                seen.update(pids(parallel))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [squares] * 12 and len(seen) <= 2
""",
    )


@pytest.mark.thorough
def test_what_is_not_wanted_any_more_ends_with_own_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        f"""{IMPORTS}
def for_ever(_):
    time.sleep(10_000)

def main():
    with parallel_config(backend="scoop", n_jobs=2):
        for how in ("list", "generator_unordered"):
            parallel = Parallel(return_as=how)
            error = raises(ValueError, lambda: [*parallel([delayed(for_ever)(0), delayed(fail)("of mine")])])
            assert str(error) == "of mine" and "in fail" in str(error.__cause__), error.__cause__
        assert Parallel()(calls(square, range(100))) == squares
        raises(TimeoutError, lambda: [*Parallel(timeout=0.01, return_as=how)(calls(for_ever, range(2)))])
        interrupted(lambda inside: (inside(), Parallel()(calls(for_ever, range(4)))))
        assert Parallel()(calls(square, range(100))) == squares
""",
    )


@pytest.mark.thorough
def test_workers_that_have_died_are_there_again(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        f"""{IMPORTS}
def kill_broker(_):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(10_000)

def main():
    with parallel_config(backend="scoop", n_jobs=2):
        raises(BrokenExecutor, Parallel(), calls(kill_broker, range(2)))
        assert Parallel()(calls(square, range(9))) == squares[:9]
""",
    )


@pytest.mark.thorough
def test_the_workers_are_those_that_are_there(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        f"""{IMPORTS}
def main():
    with parallel_config(backend="scoop"):
        with Executor(2) as executor:
            theirs = {{*executor.map(lambda _: os.getpid(), range(200))}}
            theirs |= pids(Parallel())
            assert len(theirs) <= 2 and os.getpid() not in theirs
            assert pids(Parallel(n_jobs=7, batch_size=1)) | theirs == theirs or len(theirs) == 1
        scoop.start(2)
        assert not pids(Parallel()) & {{*theirs, os.getpid()}}
        assert sorted(Parallel(return_as="generator_unordered")(calls(square, range(100)))) == squares
        scoop.stop()
    assert not pids(Parallel(n_jobs=2, backend="scoop")) & {{*theirs, os.getpid()}}
""",
    )


@everywhere
def test_in_a_run_and_its_tasks_the_workers_are_those_of_the_run(scoop_run: RunScoop, n: int) -> None:
    check_in_run(
        scoop_run,
        n,
        f"""{IMPORTS}
def tree(depth):
    if not depth:
        return 1
    found = Parallel(return_as=["list", "generator", "generator_unordered"][depth % 3])(calls(tree, [depth - 1] * 2))
    return sum(found) + futures.submit(give, 0).result()

def grow(depth):
    with parallel_config(backend="scoop"):
        return tree(depth)

def main():
    with parallel_config(backend="scoop"):
        assert Parallel()(calls(square, range(100))) == squares
        assert [*Parallel(return_as="generator")(calls(square, range(100)))] == squares
        assert sorted(Parallel(return_as="generator_unordered")(calls(square, range(100)))) == squares
        assert Parallel()(calls(tree, [4] * 6)) == [16] * 6
        assert [future.result() for future in [futures.submit(grow, 4) for _ in range(6)]] == [16] * 6
        raises(ValueError, Parallel(), [delayed(fail)("of mine"), *calls(square, range(9))])
        assert Parallel()(calls(square, range(100))) == squares
""",
    )


@pytest.mark.thorough
def test_fewer_jobs_than_workers_run_at_a_time(scoop_run: RunScoop) -> None:
    check_in_run(
        scoop_run,
        4,
        f"""{IMPORTS}
def limited(x):
    open(f"running-{{x}}", "w").close()
    time.sleep(0.005)
    running = sum(name.startswith("running-") for name in os.listdir())
    os.remove(f"running-{{x}}")
    return running

def main():
    for settings in ({{}}, {{"pre_dispatch": "all"}}, {{"return_as": "generator_unordered"}}):
        parallel = Parallel(n_jobs=2, backend="scoop", batch_size=1, **settings)
        assert 1 <= max(parallel(calls(limited, range(30)))) <= 2
""",
    )


@pytest.mark.thorough
def test_a_large_array_travels_to_each_worker_once(scoop_run: RunScoop) -> None:
    pytest.importorskip("numpy")
    check(
        scoop_run,
        f"""{IMPORTS}
import numpy
kept = []

def look(array, x, other=None):
    kept.append(array)
    return os.getpid(), array.__array_interface__["data"][0], array.flags.writeable, array[x], other is array

def main():
    array = numpy.arange(300_000)
    with parallel_config(backend="scoop", n_jobs=2):
        found = Parallel(batch_size=1)(delayed(look)(array, x, other=array) for x in range(40))
        assert [value for _, _, _, value, _ in found] == [*range(40)]
        assert len({{(pid, address) for pid, address, *_ in found}}) <= 3
        assert [writeable for _, _, writeable, _, _ in found].count(True) <= 1
        settings = dict(batch_size=1, max_nbytes=None)
        found = Parallel(**settings)(delayed(look)(array, x) for x in range(10))
        assert all(writeable for _, _, writeable, _, _ in found)
        assert len({{address for _, address, *_ in found}}) >= 5
    assert array.flags.writeable
""",
    )


@pytest.mark.thorough
def test_a_script_without_a_main_guard_is_told_so(scoop_run: RunScoop) -> None:
    run = scoop_run(f"import os\n{IMPORTS}\nprint(Parallel(2, backend='scoop')(calls(abs, [1, 2])))", plain=True)
    assert run.status == 1
    assert "UnguardedMainError" in run.err
