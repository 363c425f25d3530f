"""Executor.submit() and the futures that it returns, as in concurrent.futures."""

from executors.programs import check, start
from running import RunScoop

BREAKS = """
class Breaks:
    def __init__(self, where):
        self.where = where
    def __reduce__(self):
        return broken, (self.where, os.getpid())

def broken(where, pid):
    if where == "there" or pid != os.getpid():
        raise RuntimeError("no such thing")
"""


def test_a_call_runs_in_another_process_and_its_result_comes_back(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                assert executor.submit(square, 7).result() == 49
                assert executor.submit(os.getpid).result() != os.getpid()
        """,
    )


def test_arguments_and_keywords_arrive_whatever_they_are_called(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def echo(*args, **kwargs):
            return args, kwargs

        def main():
            with Executor(2) as executor:
                future = executor.submit(echo, 1, self=2, fn=3, function=4)
                assert future.result() == ((1,), {"self": 2, "fn": 3, "function": 4})
        """,
    )


def test_its_futures_are_those_of_concurrent_futures(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                assert isinstance(executor, library.Executor)
                ours = [executor.submit(square, x) for x in range(100)]
                assert all(isinstance(future, library.Future) for future in ours)
                assert {future.result() for future in library.as_completed(ours)} == {x * x for x in range(100)}
                assert library.wait(ours).not_done == set()
                late = executor.submit(is_open)
                assert library.wait([late], timeout=0).not_done == {late}
                raises(TimeoutError, late.result, 0.01)
                raises(TimeoutError, late.exception, 0.01)
                assert not late.done()
                open_gate()
                assert late.result(60) is True and late.done() and not late.cancelled() and late.exception() is None
        """,
    )


def test_an_exception_arrives_with_its_type_and_the_remote_frames(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import traceback

        def main():
            with Executor(2) as executor:
                error = executor.submit(fail, "of mine").exception()
                assert type(error) is ValueError and error.args == ("of mine",)
                assert "in fail" in "".join(traceback.format_exception(error))
                assert str(raises(ValueError, executor.submit(fail, "again").result)) == "again"
                assert type(executor.submit(sys.exit, 3).exception()) is SystemExit
                assert executor.submit(square, 3).result() == 9, "a failed call is no harm to the next"
        """,
    )


def test_of_many_calls_each_has_its_own_outcome(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def some_fail(x):
            if x % 7 == 0:
                raise KeyError(x)
            return [x] if x % 5 == 0 else x

        def main():
            with Executor(2) as executor:
                calls = [executor.submit(some_fail, x) for x in range(3000)]
                for x, future in enumerate(calls):
                    if x % 7 == 0:
                        assert future.exception().args == (x,)
                    else:
                        assert future.result() == ([x] if x % 5 == 0 else x)
        """,
    )


def test_callbacks_are_called_once_each_and_may_submit(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            seen = []
            with Executor(2) as executor:
                future = executor.submit(square, 3)
                future.add_done_callback(lambda future: seen.append(future.result()))
                future.add_done_callback(lambda future: seen.append(executor.submit(square, 4)))
                future.result()
                until(lambda: len(seen) == 2)
                assert seen[0] == 9 and seen[1].result() == 16
                future.add_done_callback(lambda future: seen.append("late"))
                assert seen[2:] == ["late"]
        """,
    )


def test_a_callback_that_takes_long_holds_up_no_other_result(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                waiting = executor.submit(square, 3)
                inside = threading.Event()
                waiting.add_done_callback(lambda _: (inside.set(), is_open()))
                assert inside.wait(60)
                assert [executor.submit(square, x).result(60) for x in range(50)] == [x * x for x in range(50)]
                open_gate()
        """,
    )


def test_a_callback_that_raises_is_logged_and_no_other_suffers(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                future = executor.submit(square, 3)
                future.add_done_callback(lambda _: 1 / 0)
                future.add_done_callback(lambda _: sys.exit(1))
                assert [executor.submit(square, x).result(60) for x in range(50)] == [x * x for x in range(50)]
        """,
    )
    assert (run.status, run.out) == (0, "fine\n")
    assert "ZeroDivisionError" in run.err


def test_what_waits_is_cancelled_and_what_runs_is_not(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(1) as executor:
                running = executor.submit(is_open)
                until(running.running)
                behind = [executor.submit(leave_mark, number) for number in range(200)]
                assert not running.cancel()
                assert behind[-1].cancel() and behind[-1].cancelled() and behind[-1].done()
                assert behind[-1].cancel(), "once more"
                raises(library.CancelledError, behind[-1].result)
                open_gate()
                assert running.result() is True
                assert behind[0].result() == 0
            assert not os.path.exists("mark-199") and os.path.exists("mark-198")
        """,
    )


def test_lambdas_closures_and_methods_are_calls_like_any_other(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        class Adder:
            def __init__(self, n):
                self.n = n
            def __call__(self, x):
                return self.n + x
            def __private(self, x):
                return self.n * x
            def submit(self, executor):
                return executor.submit(self.__private, 5)

        def main():
            n = 3
            with Executor(2) as executor:
                assert executor.submit(lambda x: x + n, 4).result() == 7
                assert executor.submit(Adder(1), 2).result() == 3
                assert Adder(4).submit(executor).result() == 20
                made = executor.submit(lambda: Adder(2)).result()
                assert type(made) is Adder, "the class is the program's own"
        """,
    )


def test_what_cannot_travel_fails_alone_and_is_named(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                calls = [executor.submit(give, threading.Lock() if x == 50 else x) for x in range(100)]
                error = calls.pop(50).exception(60)
                assert type(error) is TaskNotSent, error
                assert "give" in str(error) and "arg 0" in str(error) and "_thread.lock" in str(error), error
                assert [future.result(60) for future in calls] == [x for x in range(100) if x != 50]
        """,
    )


def test_a_result_that_cannot_travel_back_fails_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def maybe_lock(x):
            return threading.Lock() if x == 50 else x

        def main():
            with Executor(2) as executor:
                calls = [executor.submit(maybe_lock, x) for x in range(100)]
                error = calls.pop(50).exception(60)
                assert type(error) is ResultNotSent and "_thread.lock" in str(error), error
                assert [future.result(60) for future in calls] == [x for x in range(100) if x != 50]
        """,
    )


def test_what_cannot_be_unpickled_there_or_here_fails_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        BREAKS
        + """
def made(x):
    return Breaks("here") if x == 50 else [x]

def main():
    with Executor(2) as executor:
        calls = [executor.submit(give, Breaks("there") if x == 50 else x) for x in range(100)]
        assert type(calls.pop(50).exception(60)) is TaskNotSent
        assert [future.result(60) for future in calls] == [x for x in range(100) if x != 50]
        calls = [executor.submit(made, x) for x in range(100)]
        assert type(calls.pop(50).exception(60)) is ResultNotSent
        assert [future.result(60) for future in calls] == [[x] for x in range(100) if x != 50]
""",
    )


def test_large_arrays_travel_there_and_back(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import numpy

        def doubled(array):
            array *= 2
            return array

        def main():
            with Executor(2) as executor:
                arrays = [numpy.full(1 << 18, x) for x in range(10)]
                for x, future in enumerate([executor.submit(doubled, array) for array in arrays]):
                    found = future.result()
                    assert (found == 2 * x).all() and found.flags.writeable
                assert all((array == x).all() for x, array in enumerate(arrays))
                objects = executor.submit(give, numpy.array([{}, []], dtype=object)).result()
                assert objects.tolist() == [{}, []]
        """,
    )


def test_wrong_arguments_are_refused_at_once(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            raises(ValueError, Executor, 0)
            raises(ValueError, Executor, max_workers=-1)
            raises(ValueError, Executor, max_workers="four")
            raises(TypeError, Executor, initializer=3)
            raises(TypeError, Executor, initializer=give, initargs=(threading.Lock(),))
            with Executor(1) as executor:
                raises(TypeError, executor.submit, 3)
                raises(TypeError, executor.map, 3, [1])
                raises(ValueError, executor.map, square, [1], chunksize=0)
                raises(ValueError, executor.map, square, [1], buffersize=0)
                raises(TypeError, executor.map, square, [1], buffersize=2.0)
                raises(TypeError, executor.map, square, [1], buffersize="2")
        """,
    )


def test_calls_with_context_variables_see_them(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import contextvars
        who = contextvars.ContextVar("who", default="nobody")

        def current():
            return who.get()

        def main():
            with Executor(2) as executor:
                calls = []
                for x in range(100):
                    who.set(x // 10)
                    calls.append(executor.submit(current))
                assert [future.result() for future in calls] == [x // 10 for x in range(100)]
        """,
    )


def test_results_come_while_a_call_that_travelled_with_them_goes_on(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def wait_at_seven(x):
            if x == 7:
                is_open()
            return x

        def main():
            with Executor(1) as executor:
                assert sum(executor.map(wait_at_seven, range(7))) == 21, "by all that is known, calls are short"
                calls = [executor.submit(wait_at_seven, x) for x in (1, 2, 3, 7, 4)]
                assert [call.result(60) for call in calls[:3]] == [1, 2, 3]
                assert not calls[3].done()
                open_gate()
                assert [call.result(60) for call in calls[3:]] == [7, 4]
        """,
    )
