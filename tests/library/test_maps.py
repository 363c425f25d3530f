"""Maps, reductions and scans where the reference is silent: when they start, what they cancel, what they read."""

from running import Run, RunScoop
from scripts import check, everywhere, start


@everywhere
def test_map_starts_at_the_call_and_is_done_by_the_end_of_the_run(scoop_run: RunScoop, n: int) -> None:
    body = """
        def main():
            kept = futures.map(leave_mark, range(10))
            futures.map_as_completed(leave_mark, range(10, 20))  # and dropped
            futures.map(leave_mark, iter(range(20, 30)))  # a window ahead, of what tells no length

        print_at_end(marks)
        """
    assert start(scoop_run, n, body) == Run(0, "fine\n30\n", "")


def test_map_starts_before_it_is_consumed(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            results = futures.map(leave_mark, range(3))
            until(lambda: marks() == 3)  # nobody asks for them, yet they are done
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
                mapped = function(careful, range(3000))
                raises(KeyError, list, mapped)
                assert list(mapped) == []
            assert marks() < 2000
        """,
    )


@everywhere
def test_a_map_closed_early_cancels_what_has_not_begun(scoop_run: RunScoop, n: int) -> None:
    body = """
        def main():
            mapped = futures.map(leave_mark, range(3000))
            assert next(mapped) == 0
            mapped.close()
            for x in futures.map(leave_mark, range(3000, 6000)):
                break
            mapped = futures.map_as_completed(leave_mark, range(6000, 9000))
            next(mapped)
            mapped.close()

        print_at_end(lambda: marks() < 4500)
        """
    assert start(scoop_run, n, body) == Run(0, "fine\nTrue\n", "")


@everywhere
def test_a_map_closed_before_its_first_result_cancels_too(scoop_run: RunScoop, n: int) -> None:
    body = """
        def main():
            for function in futures.map, futures.map_as_completed:
                function(leave_mark, range(600)).close()

        print_at_end(lambda: marks() < 400)
        """
    assert start(scoop_run, n, body) == Run(0, "fine\nTrue\n", "")


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


@everywhere
def test_endless_inputs_are_read_a_window_ahead(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import itertools

        def main():
            read = []
            def endless():
                for number in itertools.count():
                    read.append(number)
                    yield number
            mapped = futures.map(square, endless())
            assert [next(mapped) for _ in range(1000)] == [i * i for i in range(1000)]
            assert len(read) < 50_000
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


@everywhere
def test_map_reduce_and_map_scan_equal_their_serial_forms(scoop_run: RunScoop, n: int) -> None:
    # Associative, none of them commutative: strings, tuples, 2x2 matrices, "the first", "the last".
    check(
        scoop_run,
        n,
        """
        import functools, itertools

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


def test_a_small_map_of_what_is_known_to_be_short_stays_at_home(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        from scoop.engine import runtime

        def main():
            elsewhere(square, 1)  # the other worker is up, and soon idle
            batches, outbox, pack = [], runtime.current.outbox, runtime.current.outbox.pack

            def count(*words):
                batch = pack(*words)
                batches.extend([batch] * bool(batch.tasks))
                return batch

            outbox.pack = count
            list(futures.map(square, range(1000)))
            batches.clear()
            for number in range(100):
                runtime.current.costs.note_seconds(square, 1e-7)  # a busy machine may have measured more
                assert list(futures.map(square, range(8))) == [x * x for x in range(8)]
                if number == 50:
                    until(runtime.current.others_wait)
            assert len(batches) < 5, batches
        """,
    )


def test_a_small_map_that_nobody_consumes_is_run_by_others(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def note(x):
            leave_mark(x)
            return x

        def main():
            for x in range(3):
                list(futures.map(square, range(1000)))
            results = futures.map(note, range(4))
            until(lambda: marks() == 4)
            assert list(results) == [*range(4)]
        """,
    )


@everywhere
def test_what_a_map_has_read_is_held_by_nothing_at_its_end(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import gc
        gc.disable()

        class Held:
            def __init__(self, x):
                self.x = x

        def value(it):
            return it.x

        def left(_=None):
            time.sleep(0.02)  # so that all workers take part
            return sum(isinstance(it, Held) for it in gc.get_objects())

        def made():
            return [Held(x) for x in range(3000)]

        def main():
            for _ in range(3):
                assert list(futures.map(value, made())) == list(range(3000))
                assert sum(futures.map_as_completed(value, iter(made()))) == sum(range(3000))
                assert futures.mapReduce(value, int.__add__, made()) == sum(range(3000))
                for result in futures.map(value, iter(made())):
                    if result == 30:
                        break
            until(lambda: not any([left(), *futures.map(left, range(4 * scoop.SIZE))]))
        """,
    )
