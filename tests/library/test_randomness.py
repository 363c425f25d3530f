"""scoop.random(), scoop.rng() and seeds: the numbers of a task depend on the seed and its place in the tree alone."""

from pathlib import Path

import pytest

from running import RunScoop, run_python
from scripts import MAIN, check, everywhere, program, start

TREE = """
    import hashlib

    def draw(*_):
        return scoop.random().random()

    def large(*_):
        return scoop.random().getrandbits(60)

    def add(a, b):
        return a + b

    def slowly(*_):
        time.sleep(0.005)
        return draw()

    def branch(depth):
        before = draw()
        children = [futures.submit(branch, depth - 1) for _ in range(2 * (depth > 0))]
        rows = list(futures.map(slowly, range(5)))
        return before, [child.result() for child in children], rows, draw()

    def endless():
        while True:
            yield 0

    def numbers():
        yield branch(3)
        yield list(futures.map(draw, range(3000)))
        yield list(futures.map(slowly, range(40), range(50)))
        yield [next(futures.map(draw, endless())) for _ in range(3)]
        yield list(futures.map(draw, iter(range(3000))))
        yield sorted(futures.map_as_completed(slowly, range(40)))
        yield futures.mapReduce(large, add, range(3000))
        yield futures.mapReduce(large, add, range(3000), timeout=60)
        yield futures.mapScan(large, add, range(3000))
        yield futures.submit(futures.with_retries(futures.with_own_thread(draw), 1)).result()
        yield futures.Future(None, branch, 1).result()
        yield draw()

    def main():
        found = [*numbers()]
        print([hashlib.md5(repr(each).encode()).hexdigest()[:6] for each in found])
    """


def _numbers(scoop_run: RunScoop, n: int, *options: str) -> str:
    run = start(scoop_run, n, TREE, *options)
    assert (run.status, run.err) == (0, "")
    return run.out


def test_numbers_are_the_same_for_any_number_of_workers(scoop_run: RunScoop) -> None:
    first = _numbers(scoop_run, 1, "--seed", "7")
    assert _numbers(scoop_run, 2, "--seed", "7") == first
    assert _numbers(scoop_run, 8, "--seed", "7") == first
    assert _numbers(scoop_run, 2, "--seed", "7", "--spare-origin") == first
    assert _numbers(scoop_run, 2, "--seed", "8") != first


def test_without_a_seed_each_run_has_other_numbers(scoop_run: RunScoop) -> None:
    assert _numbers(scoop_run, 2) != _numbers(scoop_run, 2)


def test_numbers_are_the_same_when_workers_are_killed(scoop_run: RunScoop) -> None:
    body = """
        import signal

        def kill_once(x):
            before = scoop.random().random()
            nested = list(futures.map(after, range(3)))
            if x % 10 == 0 and not scoop.IS_ORIGIN and not os.path.exists(f"killed-{x}"):
                open_gate(f"killed-{x}")
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.005)
            return before, nested, scoop.random().random()

        def after(_):
            return scoop.random().random()

        def main():
            futures_of_tasks = [futures.submit(kill_once, x) for x in range(40, 50)]
            found = list(futures.map(kill_once, range(40))), [each.result() for each in futures_of_tasks]
            print(found)
        """
    first = start(scoop_run, 1, body, "--seed", "7", "--retries", "20")
    assert (first.status, first.err) == (0, "")
    assert start(scoop_run, 2, body, "--seed", "7", "--retries", "20", "-q").out == first.out


def test_a_serial_map_has_the_numbers_of_a_parallel_one(scoop_run: RunScoop) -> None:
    body = """
        def draw(x):
            return scoop.random().random()

        def main():
            scoop.seed(7)
            print(list(futures.map(draw, range(10))), list(futures.map_as_completed(draw, [1])), draw(0))
        """
    serial = scoop_run(program(body) + MAIN, plain=True)
    assert serial.status == 0
    assert serial.out == start(scoop_run, 2, body).out


@everywhere
def test_a_task_has_one_generator_and_no_two_have_the_same(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def draw(x):
            random = scoop.random()
            first = random.random()
            inner = list(futures.map(child, range(3))) if x < 20 else []
            assert scoop.random() is random
            return [first, random.random(), *inner]

        def child(_):
            time.sleep(0.001)
            return scoop.random().random()

        def main():
            scoop.seed(7)
            found = [number for each in futures.map(draw, range(500)) for number in each]
            found += [number for each in futures.map(draw, range(500)) for number in each]
            found += [number for x in range(100) for number in futures.submit(draw, x).result()]
            found += [scoop.random().random()]
            assert len(set(found)) == len(found)
        """,
    )


@everywhere
def test_generators_of_numpy_are_those_of_its_own_seed_sequence(scoop_run: RunScoop, n: int) -> None:
    pytest.importorskip("numpy")
    check(
        scoop_run,
        n,
        """
        def draw(x):
            assert scoop.rng() is scoop.rng()
            return scoop.rng().random()

        def main():
            import numpy
            root = numpy.random.SeedSequence(7)
            first, second = root.spawn(2)
            assert futures.submit(draw, 0).result() == expected(first)
            assert list(futures.map(draw, range(9))) == [expected(each) for each in second.spawn(9)]
            assert draw(0) == expected(root)

        def expected(sequence):
            import numpy
            return numpy.random.Generator(numpy.random.PCG64DXSM(sequence)).random()
        """,
        "--seed",
        "7",
    )


def test_with_seed_globals_the_usual_generators_are_seeded_too(scoop_run: RunScoop) -> None:
    pytest.importorskip("numpy")
    body = """
        import random
        import numpy

        def draw(x):
            time.sleep(0.002)
            return random.random(), numpy.random.random(), scoop.random().random(), scoop.rng().random()

        def main():
            found = list(futures.map(draw, range(50))) + [futures.submit(draw, x).result() for x in range(10)]
            assert len({number for each in found for number in each}) == 240
            print(found)
        """
    first = start(scoop_run, 1, body, "--seed", "7", "--seed-globals")
    assert (first.status, first.err) == (0, "")
    assert start(scoop_run, 2, body, "--seed", "7", "--seed-globals") == first


def test_the_seed_is_told_and_may_be_set_by_the_program_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            drawn = scoop.seed()
            assert scoop.seed() == drawn == futures.submit(scoop.seed).result() == elsewhere(scoop.seed)
            assert scoop.seed(drawn) == drawn
            first = scoop.random().random(), elsewhere(draw)
            assert scoop.seed(drawn) == drawn
            assert first == (scoop.random().random(), elsewhere(draw))
            from scoop.errors import ScoopError
            raises(ScoopError, elsewhere, scoop.seed, 3)
            raises(ValueError, scoop.seed, -1)
            raises(TypeError, scoop.seed, "7")
            raises(TypeError, scoop.seed, 7.0)

        def draw():
            return scoop.random().random()
        """,
    )


def test_a_seed_on_the_command_line_that_is_none_is_refused(scoop_run: RunScoop) -> None:
    run = scoop_run("", options=("--seed", "-1"))
    assert run.status == 2
    assert "is not a seed: a whole number, 0 or more" in run.err


@everywhere
def test_errors_of_rows_and_their_notes_are_as_without_a_seed(scoop_run: RunScoop, n: int) -> None:
    body = """
        import traceback

        def fails(x, y):
            time.sleep(0.005)
            if x == 9:
                raise KeyError(x)

        def main():
            scoop.seed(7)
            error = raises(KeyError, list, futures.map(fails, range(20), range(10, 30)))
            assert error.__notes__ == ["input 9 of the map: (9, 19)"], error.__notes__
            print([each.name for each in traceback.extract_tb(error.__traceback__) if "script" in each.filename])
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.err) == (0, "")


def test_a_fork_of_a_process_without_a_seed_draws_other_numbers(tmp_path: Path) -> None:
    code = "import os, scoop; scoop.random(); os.fork(); print(scoop.random().random())"
    first, second = run_python("-c", code, cwd=tmp_path).out.split()
    assert first != second
