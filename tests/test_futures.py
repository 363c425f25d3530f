"""What the functions of scoop.futures mean where the reference is silent, and what they stand."""

import textwrap

import pytest

from conftest import Run, RunScoop

PRELUDE = '''
import functools, itertools, os, sys, threading, time, warnings
import scoop
from scoop import futures, shared
from scoop._types import Future

def is_open(name="gate", limit=30):
    """Wait for the main program to open a gate; return whether it did."""
    end = time.monotonic() + limit
    while not os.path.exists(name) and time.monotonic() < end:
        time.sleep(0.005)
    return os.path.exists(name)

def open_gate(name="gate"):
    open(name, "w").close()

def raises(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except BaseException as error:
        assert type(error) is kind, repr(error)
        return error
    raise AssertionError(f"{kind} was not raised")

def poll(future, limit=5):
    """Look again and again, as programs do that have something else to do; fail if it takes too long."""
    end = time.monotonic() + limit
    while not future.done():
        assert time.monotonic() < end, "polled for ever"
        time.sleep(0.01)
    return future.result()

def leave_mark(number):
    """Note that a task ran, in a way all processes can see; take a moment."""
    open(f"mark-{number}", "w").close()
    time.sleep(0.02)
    return number

def marks():
    return sum(name.startswith("mark-") for name in os.listdir())

def square(x):
    return x * x

def fail(text):
    raise ValueError(text)
'''

everywhere = pytest.mark.parametrize("n", [1, 2])


def start(scoop_run: RunScoop, n: int, body: str) -> Run:
    """Run a script that defines main(), under SCOOP."""
    source = PRELUDE + textwrap.dedent(body) + '\nif __name__ == "__main__":\n    main()\n    print("fine")\n'
    return scoop_run(source, n=n)


def check(scoop_run: RunScoop, n: int, body: str) -> None:
    """Run a script that defines main(), under SCOOP; expect success, and not a word on stderr."""
    run = start(scoop_run, n, body)
    assert run.status == 0, run.err
    assert (run.out, run.err) == ("fine\n", "")


# -- decisions about meaning ---------------------------------------------------------------------------------


@everywhere
def test_map_starts_at_the_call_and_is_done_by_the_end_of_the_run(scoop_run: RunScoop, n: int) -> None:
    body = """
        def main():
            kept = futures.map(leave_mark, range(10))
            futures.map_as_completed(leave_mark, range(10, 20))  # and dropped
            futures.map(leave_mark, iter(range(20, 30)))  # a window ahead, of what tells no length

        import atexit
        if scoop.IS_ORIGIN:
            here = os.getpid()
            atexit.register(lambda: print(marks()) if os.getpid() == here else None)
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\n30\n", "")


def test_map_starts_before_it_is_consumed(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            results = futures.map(leave_mark, range(3))
            end = time.monotonic() + 30
            while marks() < 3:  # nobody asks for them, yet they are done
                assert time.monotonic() < end
                time.sleep(0.01)
            assert list(results) == [0, 1, 2]
        """,
    )


@everywhere
def test_an_exception_in_map_comes_in_its_place_and_cancels_the_rest(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def careful(x):
            if x == 3:
                raise KeyError(x)
            return leave_mark(x)

        def main():
            for function in futures.map, futures.map_as_completed:
                mapped = function(careful, range(300))
                raises(KeyError, list, mapped)
                assert list(mapped) == []
            assert marks() < 200
        """,
    )


@everywhere
def test_a_map_closed_early_cancels_what_has_not_begun(scoop_run: RunScoop, n: int) -> None:
    body = """
        def main():
            mapped = futures.map(leave_mark, range(300))
            assert next(mapped) == 0
            mapped.close()
            for x in futures.map(leave_mark, range(300, 600)):
                break
            mapped = futures.map_as_completed(leave_mark, range(600, 900))
            next(mapped)
            mapped.close()

        import atexit
        if scoop.IS_ORIGIN:
            here = os.getpid()
            atexit.register(lambda: print(marks() < 450) if os.getpid() == here else None)
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\nTrue\n", "")


@everywhere
def test_a_map_closed_before_its_first_result_cancels_too(scoop_run: RunScoop, n: int) -> None:
    body = """
        def main():
            for function in futures.map, futures.map_as_completed:
                function(leave_mark, range(60)).close()

        import atexit
        if scoop.IS_ORIGIN:
            here = os.getpid()
            atexit.register(lambda: print(marks() < 40) if os.getpid() == here else None)
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\nTrue\n", "")


@everywhere
def test_every_timeout_is_honoured_and_the_result_is_there_later(scoop_run: RunScoop, n: int) -> None:
    # The task would take 30 s if a timeout had to wait for its end.
    check(
        scoop_run,
        n,
        """
        def same(x):
            return is_open()

        def add(a, b):
            return a + b

        def main():
            start = time.monotonic()
            future = futures.submit(is_open)
            assert raises(TimeoutError, future.result, 0.1) is not raises(TimeoutError, future.exception, 0.05)
            assert futures.wait([future], timeout=0.05) == (set(), {future})
            raises(TimeoutError, list, futures.as_completed([future], timeout=0.05))
            raises(TimeoutError, list, futures.map(same, [1, 2], timeout=0.05))
            raises(TimeoutError, list, futures.map_as_completed(same, [1, 2], timeout=0.05))
            raises(TimeoutError, futures.mapReduce, same, add, [1, 2, 3], timeout=0.05)
            raises(TimeoutError, futures.mapScan, same, add, [1, 2, 3], timeout=0.05)
            assert time.monotonic() - start < 20
            assert not future.done()
            open_gate()
            assert future.result() is True
        """,
    )


@everywhere
def test_a_task_that_a_timeout_gave_up_on_still_ends_before_the_run_does(scoop_run: RunScoop, n: int) -> None:
    body = """
        def slowly():
            time.sleep(0.4)
            return leave_mark(1)

        def main():
            raises(TimeoutError, futures.submit(slowly).result, 0.1)

        import atexit
        if scoop.IS_ORIGIN:
            here = os.getpid()
            atexit.register(lambda: print(marks()) if os.getpid() == here else None)
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\n1\n", "")


@everywhere
def test_an_unknown_keyword_to_a_map_is_a_type_error(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            for function in futures.map, futures.map_as_completed:
                raises(TypeError, function, square, [1], chunksze=3)
            for function in futures.mapReduce, futures.mapScan:
                raises(TypeError, function, square, max, [1], initial=3)
        """,
    )


@everywhere
def test_map_reduce_and_map_scan_equal_their_serial_forms(scoop_run: RunScoop, n: int) -> None:
    # Associative, none of them commutative: strings, tuples, 2x2 matrices, "the first", "the last".
    check(
        scoop_run,
        n,
        """
        def matrix(x):
            return ((x, 1), (1, 0))

        def times(a, b):
            return tuple(tuple(sum(p * q for p, q in zip(row, col)) for col in zip(*b)) for row in a)

        def pair(x):
            return (x,)

        def join(a, b):
            return a + b

        def first(a, b):
            return a

        def last(a, b):
            return b

        CASES = [(str, join), (pair, join), (matrix, times), (int, first), (int, last)]

        def main():
            for length in range(1, 41):
                for func, op in CASES:
                    mapped = [func(x) for x in range(length)]
                    assert futures.mapReduce(func, op, range(length)) == functools.reduce(op, mapped)
                    assert futures.mapScan(func, op, range(length)) == list(itertools.accumulate(mapped, op))
            assert futures.mapReduce(pow, join, [2, 3], iter([5, 2, 9])) == 32 + 9
            assert futures.mapScan(pow, join, [2, 3], iter([5, 2, 9])) == [32, 41]
            for function in futures.mapReduce, futures.mapScan:
                raises(TypeError, function, str, join, [])
                raises(TypeError, function, pow, join, [], [1])
                raises(ValueError, function, fail, join, "abc")
                raises(TypeError, function, int, lambda a: a, [1, 2])
        """,
    )


@everywhere
def test_constants_cannot_be_set_again_and_missing_ones_are_the_default(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            shared.setConst(a=1)
            raises(TypeError, shared.setConst, a=2, b=2)
            assert shared.getConst("b", timeout=0) is None
            assert shared.getConst("b", timeout=0, default=7) == 7
        """,
    )


def test_started_without_scoop_the_maps_are_serial_and_all_else_says_what_to_do(scoop_run: RunScoop) -> None:
    run = scoop_run(
        PRELUDE
        + textwrap.dedent(
            """
            from scoop.errors import NotStartedProperly

            def main():
                assert list(futures.map(square, [1, 2, 3])) == [1, 4, 9]
                assert list(futures.map(max, [1, 2], [3, 0])) == [3, 2]
                assert list(futures.map_as_completed(square, [1, 2])) == [1, 4]
                for _ in range(3):
                    assert list(futures.map(square, [2], timeout=5)) == [4]
                raises(TypeError, futures.map, square, [1], chunksze=2)
                ready = Future(None, square, 1)
                for function, *args in [
                    (futures.submit, square, 1),
                    (futures.as_completed, []),
                    (futures.wait, []),
                    (futures.mapReduce, square, max, [1]),
                    (futures.mapScan, square, max, [1]),
                    (shared.getConst, "x"),
                    (shared.delConst, "x"),
                    (shared.SharedElementEncapsulation, square),
                    (ready.result,),
                    (ready.exception,),
                ]:
                    assert "python -m scoop script.py" in str(raises(NotStartedProperly, function, *args))
                raises(NotStartedProperly, shared.setConst, x=1)
                assert futures.shutdown() is None

            if __name__ == "__main__":
                main()
                print("fine")
            """
        ),
        plain=True,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert run.err.count("RuntimeWarning") == 1, run.err
    assert "python -m scoop script.py" in run.err


@pytest.mark.parametrize("n", [2, 4])
def test_without_a_main_guard_there_is_a_clear_error(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(
        """
        import time
        from scoop import futures

        def nap(x):
            time.sleep(0.05)
            return x

        print("at work")
        print(sum(futures.map(nap, range(1000))))
        """,
        n=n,
    )
    assert run.status != 0
    assert 'if __name__ == "__main__":' in run.err
    assert "499500" not in run.out
    assert run.out.count("at work") <= n  # no worker started another


def test_public_functions_have_an_empty_dict(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        def main():
            names = [name for name in futures.__all__ if name[0].islower()]
            assert {"submit", "map", "wait", "mapReduce", "shutdown"} <= set(names)
            for name in names:
                assert getattr(futures, name).__dict__ == {}, name
            for name in "setConst", "getConst", "delConst":
                assert getattr(shared, name).__dict__ == {}, name
        """,
    )


@everywhere
def test_n_counts_the_origin(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        f"""
        def where(_):
            time.sleep(0.005)
            return scoop.worker

        def main():
            assert scoop.SIZE == {n}
            seen = set(futures.map(where, range(100)))
            assert scoop.worker in seen and len(seen) == {n}
        """,
    )


# -- bad input -----------------------------------------------------------------------------------------------


@everywhere
def test_bad_input_is_refused_at_the_call(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            raises(TypeError, futures.submit)
            raises(TypeError, futures.submit, 5)
            raises(TypeError, futures.submit, None, 1)
            for function in futures.map, futures.map_as_completed:
                raises(TypeError, function)
                raises(TypeError, function, square)
                raises(TypeError, function, 5, [1])
                raises(TypeError, function, square, 5)
                raises(ValueError, function, square, [1], buffersize=0)
                raises(ValueError, function, square, [1], buffersize=-1)
            for function in futures.mapReduce, futures.mapScan:
                raises(TypeError, function, 5, max, [1])
                raises(TypeError, function, square, 5, [1])
                raises(TypeError, function, square, max)
                raises(TypeError, function, square, max, 5)
            raises(TypeError, futures.wait, [1])
            raises(TypeError, futures.wait, 5)
            raises(TypeError, futures.as_completed, [1])
            raises(TypeError, futures.as_completed, 5)
            future = futures.submit(square, 3)
            raises(ValueError, futures.wait, [future], return_when="SOMETIMES")
            raises(ValueError, futures.wait, [future], return_when=None)
            assert future.result() == 9  # and nothing is broken by all that
        """,
    )


def test_bad_input_whose_repr_raises_is_refused_all_the_same(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        class Shy:
            def __repr__(self):
                raise ZeroDivisionError

        def main():
            raises(TypeError, futures.submit, Shy())
            raises(TypeError, futures.map, Shy(), [1])
            raises(TypeError, futures.mapReduce, square, Shy(), [1])
            raises(TypeError, futures.wait, [Shy()])
        """,
    )


@everywhere
def test_any_keyword_reaches_the_task(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            wanted = dict(self=1, func=2, callable=3, parentId=4, fn=5, args=6, kwargs=7, timeout=8)
            assert futures.submit(dict, **wanted).result() == wanted
        """,
    )


# -- endless inputs ------------------------------------------------------------------------------------------


@everywhere
def test_endless_inputs_are_read_a_window_ahead(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            read = []
            def endless():
                for number in itertools.count():
                    read.append(number)
                    yield number
            mapped = futures.map(square, endless())
            assert [next(mapped) for _ in range(1000)] == [i * i for i in range(1000)]
            assert len(read) < 5000
            mapped.close()
            read.clear()
            few = futures.map(square, endless(), buffersize=3)
            assert len(read) <= 4 and next(few) == 0 and next(few) == 1 and len(read) <= 8
            few.close()
            some = futures.map_as_completed(square, endless(), buffersize=10)
            assert set(itertools.islice(some, 500)) <= {i * i for i in range(511)}
            some.close()
            assert list(futures.map(pow, itertools.count(), [2, 2, 2])) == [0, 1, 4]
        """,
    )


# -- threads of the program ----------------------------------------------------------------------------------


@everywhere
def test_the_programs_threads_may_use_futures(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def tree(depth):
            if depth == 0:
                return 1
            return sum(futures.map(tree, [depth - 1] * 2))

        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result()

        def use(number, right):
            assert futures.submit(square, number).result() == number**2
            assert futures.submit(square, number).result(timeout=60) == number**2
            assert list(futures.map(square, range(50))) == [i * i for i in range(50)]
            assert list(futures.map(square, range(20), timeout=60)) == [i * i for i in range(20)]
            fs = [futures.submit(square, i) for i in range(20)]
            assert set(futures.as_completed(fs)) == set(fs)
            fs = [futures.submit(square, i) for i in range(20)]
            assert futures.wait(fs).done == set(fs)
            assert sorted(futures.map_as_completed(square, range(9))) == [i * i for i in range(9)]
            assert futures.mapReduce(str, str.__add__, range(20)) == "".join(map(str, range(20)))
            assert futures.submit(tree, 5).result() == 32
            assert futures.submit(nest, 200).result() == 200
            assert poll(futures.submit(square, 3)) == 9
            right.append(number)

        def main():
            for _ in range(3):
                right = []
                threads = [threading.Thread(target=use, args=(i, right)) for i in range(5)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert sorted(right) == [0, 1, 2, 3, 4]
        """,
    )


@everywhere
def test_a_thread_may_outlive_main(scoop_run: RunScoop, n: int) -> None:
    body = """
        def later():
            time.sleep(0.1)
            print(sum(futures.map(square, range(10))), futures.submit(square, 3).result(timeout=60))

        def main():
            threading.Thread(target=later).start()
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\n285 9\n", "")


# -- polling -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 4])
def test_polling_done_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            fs = [futures.submit(square, i) for i in range(10)]
            assert [poll(f) for f in fs] == [i * i for i in range(10)]
        """,
    )


@everywhere
def test_polling_with_timeout_zero_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = futures.submit(square, 3)
            end = time.monotonic() + 5
            while futures.wait([future], timeout=0).not_done:
                assert time.monotonic() < end, "wait(timeout=0) never ends it"
                time.sleep(0.01)
            future = futures.submit(square, 4)
            end = time.monotonic() + 5
            while True:
                try:
                    assert future.result(timeout=0) == 16
                    break
                except TimeoutError:
                    assert time.monotonic() < end, "result(timeout=0) never ends it"
                    time.sleep(0.01)
        """,
    )


@pytest.mark.parametrize("n", [2, 4])
def test_an_idle_worker_takes_what_is_offered_after_a_wait_with_a_timeout(scoop_run: RunScoop, n: int) -> None:
    run = start(
        scoop_run,
        n,
        """
        def stay(lock):  # a task that cannot travel
            return is_open()

        def in_the_thread(future):
            assert future.result()

        def main():
            staying = Future(None, stay, threading.Lock())
            thread = threading.Thread(target=in_the_thread, args=[staying], daemon=True)
            thread.start()
            while not staying.running():
                time.sleep(0.001)
            for x in range(20):
                assert futures.wait([staying], timeout=0.01).done == set()  # there is nothing to do meanwhile
                assert poll(futures.submit(square, x)) == x * x
            open_gate()
            thread.join()
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


@pytest.mark.parametrize("n", [1, 2, 4])
def test_polling_in_a_task_that_is_polled_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def inner():
            return 7

        def outer():
            return poll(futures.submit(inner))

        def main():
            assert poll(futures.submit(outer)) == 7
            fs = [futures.submit(outer) for _ in range(4)]
            assert [poll(f) for f in fs] == [7] * 4
        """,
    )


@everywhere
def test_polling_a_task_that_nests_deeply_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result()

        def main():
            assert poll(futures.submit(nest, 200)) == 200
        """,
    )


@everywhere
def test_a_nest_of_tasks_goes_on_after_a_timeout_gave_up_on_it(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            if depth == 0:
                return 0
            if depth == 190:
                is_open()
            return 1 + futures.submit(nest, depth - 1).result()

        def main():
            future = futures.submit(nest, 200)
            raises(TimeoutError, future.result, 0.1)
            open_gate()
            assert poll(future) == 200
        """,
    )


# -- parallelism ---------------------------------------------------------------------------------------------


def test_two_long_tasks_run_at_once_on_two_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def nap():
            start = time.monotonic()
            time.sleep(0.5)
            return start, time.monotonic(), scoop.worker

        def overlap(a, b):
            assert a[2] != b[2]
            return max(a[0], b[0]) < min(a[1], b[1])

        def main():
            one, two = futures.submit(nap), futures.submit(nap)
            assert overlap(one.result(), two.result())
            assert overlap(*futures.map(lambda _: nap(), range(2)))
        """,
    )


def test_four_long_tasks_run_at_once_on_four_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        4,
        """
        def meet(number):
            leave_mark(number)
            end = time.monotonic() + 30
            while marks() < 4 and time.monotonic() < end:  # not one of them ends before all have begun
                time.sleep(0.005)
            return marks()

        def main():
            assert list(futures.map(meet, range(4))) == [4] * 4
        """,
    )


# -- depth and number ----------------------------------------------------------------------------------------


@everywhere
def test_a_chain_of_100_000_nested_waits(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result()

        def main():
            assert futures.submit(nest, 100_000).result() == 100_000
        """,
    )


@everywhere
def test_nested_waits_with_timeouts(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result(timeout=100)

        def main():
            assert futures.submit(nest, 300).result() == 300
        """,
    )


def test_a_million_futures_alive(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        import resource

        def main():
            fs = [futures.submit(abs, -i) for i in range(1_000_000)]
            assert sum(f.result() for f in fs) == 1_000_000 * 999_999 // 2
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000  # KB
        """,
    )


def test_waiting_for_the_first_of_many_again_and_again_costs_no_memory(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        import resource

        def main():
            fs = [futures.submit(abs, -i) for i in range(1000)]
            left, ended = set(fs), 0
            while left:
                done, left = futures.wait(left, return_when=futures.FIRST_COMPLETED)
                ended += len(done)
            assert ended == 1000
            slow = futures.submit(is_open)
            raises(TimeoutError, slow.result, 0.1)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(50_000):
                futures.wait([slow], timeout=0)
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000
            open_gate()
            assert slow.result()
        """,
    )


@pytest.mark.parametrize("n", [1, 2, 4])
def test_maps_in_maps_in_maps(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def leaf(x):
            return x

        def row(x):
            return sum(futures.map(leaf, range(x)))

        def plane(x):
            return sum(futures.map(row, range(x)))

        def main():
            wanted = [sum(sum(range(i)) for i in range(x)) for x in range(25)]
            assert list(futures.map(plane, range(25))) == wanted
            assert sorted(futures.map_as_completed(plane, range(25))) == sorted(wanted)
        """,
    )


@pytest.mark.parametrize("n", [1, 2, 4])
def test_tasks_of_tasks_that_nobody_waits_for_run_by_the_end(scoop_run: RunScoop, n: int) -> None:
    body = """
        def sow(depth, name):
            open(f"mark-{name}", "w").close()
            for branch in "ab" if depth else "":
                futures.submit(sow, depth - 1, name + branch)

        def main():
            futures.submit(sow, 5, "r")

        import atexit
        if scoop.IS_ORIGIN:
            here = os.getpid()
            atexit.register(lambda: print(marks()) if os.getpid() == here else None)
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\n63\n", "")


# -- callbacks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 4])
def test_callbacks_may_use_futures(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            made, waited = [], []
            def more(future):
                made.append(futures.submit(square, future.result()))
                waited.append(futures.submit(square, 2).result() + sum(futures.map(square, range(4))))
            fs = [futures.submit(square, i) for i in range(50)]
            for future in fs:
                future.add_done_callback(more)
            futures.wait(fs)
            end = time.monotonic() + 60
            while len(waited) < 50:
                assert time.monotonic() < end
                time.sleep(0.005)
            assert sorted(f.result() for f in made) == [i**4 for i in range(50)]
            assert waited == [18] * 50
        """,
    )


@everywhere
def test_a_slow_callback_ends_before_the_run_does(scoop_run: RunScoop, n: int) -> None:
    body = """
        def slowly(future):
            time.sleep(0.4)
            futures.submit(leave_mark, future.result())

        def main():
            fs = [futures.submit(square, i) for i in range(2)]
            for future in fs:
                future.add_done_callback(slowly)
            for future in fs:
                while not future.done():
                    time.sleep(0.001)

        import atexit
        if scoop.IS_ORIGIN:
            here = os.getpid()
            atexit.register(lambda: print(marks()) if os.getpid() == here else None)
        """
    run = start(scoop_run, n, body)
    assert (run.status, run.out, run.err) == (0, "fine\n2\n", "")


# -- recursion -----------------------------------------------------------------------------------------------


@everywhere
def test_a_task_that_recurses_without_end_fails_alone(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def endless():
            return endless()

        def main():
            for _ in range(50):
                raises(RecursionError, futures.submit(endless).result)
            fs = [futures.submit(endless) for _ in range(20)]
            assert futures.wait(fs).done == set(fs)
            assert all(isinstance(f.exception(), RecursionError) for f in fs)
            assert futures.submit(square, 3).result() == 9
        """,
    )


@everywhere
def test_no_future_is_lost_where_the_stack_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        made = []

        def dive():
            future = futures.submit(square, 3)
            made.append(future)
            future.result()
            dive()

        def main():
            for spare in range(40):  # so that the limit is met on each of our lines
                made.clear()
                raises(RecursionError, nudge, spare)
                for future in made:
                    try:
                        assert future.result(timeout=5) == 9
                    except RecursionError:
                        pass

        def nudge(frames):
            return nudge(frames - 1) if frames else dive()
        """,
    )


@everywhere
def test_each_task_of_a_nest_may_recurse_near_the_limit(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def deep(frames, levels):
            if frames:
                return deep(frames - 1, levels)
            if levels:
                return 1 + futures.submit(deep, 700, levels - 1).result()
            return 0

        def main():
            assert futures.submit(deep, 700, 5).result() == 5
        """,
    )


# -- what a long and odd program meets ---------------------------------------------------------------------------


@everywhere
def test_tasks_see_the_context_that_the_top_of_the_script_has_set(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import decimal
        decimal.getcontext().prec = 50

        def precision(x):
            return decimal.getcontext().prec, list(futures.map(abs, range(3)))[0]

        def main():
            for _ in range(5):
                assert {p for p, _ in futures.map(precision, range(60))} == {50}
            assert futures.submit(precision, 1).result(timeout=60)[0] == 50
        """,
    )


@everywhere
def test_inputs_that_raise_do_so_in_their_turn(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def inputs():
            yield from range(500)
            raise ValueError("no more")

        def main():
            for function in futures.map, futures.map_as_completed:
                results = function(abs, inputs())
                assert sorted(next(results) for _ in range(500)) == list(range(500))
                raises(ValueError, next, results)
        """,
    )


def test_a_timeout_may_be_longer_than_clocks_count(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            for forever in float("inf"), 1e300:
                assert futures.submit(square, 3).result(timeout=forever) == 9
                assert futures.wait([futures.submit(square, 3)], timeout=forever).not_done == set()
                assert list(futures.map(square, [3], timeout=forever)) == [9]
        """,
    )


def test_failed_futures_are_freed_without_the_collector(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        import gc, resource

        def fail():
            ballast = bytearray(5_000_000)
            raise ValueError

        def main():
            gc.disable()
            for _ in range(100):
                try:
                    futures.submit(fail).result()
                except ValueError:
                    pass
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 300_000  # KB
        """,
    )


@everywhere
def test_a_program_that_has_had_deputies_ends_in_peace(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result(timeout=100)

        def main():
            for _ in range(5):
                assert nest(20) == 20
                assert sum(futures.map(nest, [3] * 20, timeout=100)) == 60
        """,
    )
