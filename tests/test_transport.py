"""What can travel to another worker and back, and what happens to what cannot."""

import textwrap

import pytest

from conftest import Run, RunScoop

PRELUDE = '''
import collections, dataclasses, enum, functools, os, sys, threading, time, typing
import scoop
from scoop import futures, shared
from scoop._types import Future
from scoop.errors import RemoteError, RemoteTraceback, ResultNotSent, TaskNotSent

def send(function, *args, **kwargs):
    """Run a task, and only sleep meanwhile, so that another worker runs it; return its future, ended."""
    future = futures.submit(function, *args, **kwargs)
    if scoop.SIZE > 1:
        left_alone(future)
    return future

def left_alone(future):
    ended = threading.Event()
    future.add_done_callback(lambda _: ended.set())
    assert ended.wait(10), "nobody took the task"

def with_pid(function, args, kwargs):
    return os.getpid(), function(*args, **kwargs)

def far(function, *args, **kwargs):
    """Return what the call returns on another worker, having made sure that it ran there."""
    pid, value = send(with_pid, function, args, kwargs).result()
    assert pid != os.getpid(), "it ran at home"
    return value

def give(value):
    return value

def name_of_class(thing):
    return type(thing).__qualname__
'''


def start(scoop_run: RunScoop, body: str, n: int = 2) -> Run:
    """Run a script that defines main(), under SCOOP."""
    source = PRELUDE + textwrap.dedent(body) + '\nif __name__ == "__main__":\n    main()\n    print("fine")\n'
    return scoop_run(source, n=n)


def check(scoop_run: RunScoop, body: str, n: int = 2) -> None:
    """Run a script that defines main(), under SCOOP; expect success, and not a word on stderr."""
    run = start(scoop_run, body, n)
    assert run.status == 0, run.err
    assert (run.out, run.err) == ("fine\n", "")


# -- what travels --------------------------------------------------------------------------------------------

KINDS = """
class Point:
    class Inner:
        def __init__(self, x=0):
            self.x = x
        def double(self):
            return 2 * self.x
    def __init__(self, x=1):
        self.x = x
    def __eq__(self, other):
        return type(other) is Point and other.x == self.x
    def __call__(self, y):
        return self.x + y
    def plus(self, y):
        return self.x + y
    @classmethod
    def made(cls, x):
        return cls(x)
    @staticmethod
    def negated(x):
        return -x

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class Flag(enum.IntFlag):
    A = 1
    B = 2

@dataclasses.dataclass
class Data:
    x: int
    y: list = dataclasses.field(default_factory=list)

Pair = collections.namedtuple("Pair", "a b")

class Typed(typing.NamedTuple):
    a: int
    b: str = "b"

def outer(by):
    def inner(x):
        return x + by
    return inner

def fact(n):
    return 1 if n == 0 else n * fact(n - 1)
"""


def test_every_kind_of_callable_runs_on_another_worker(scoop_run: RunScoop) -> None:
    body = """
        def main():
            by = 10
            class Local:
                def __init__(self, x=1):
                    self.x = x
                def plus(self, y):
                    return self.x + y + by
            def recursive(n):
                return 1 if n == 0 else n * recursive(n - 1)
            cases = [
                (lambda x: 2 * x, 3, 6),
                (lambda x: x + by, 3, 13),
                (lambda x: fact(x), 3, 6),
                (outer(5), 3, 8),
                (recursive, 4, 24),
                (Point(7).plus, 3, 10),
                (Point(7), 3, 10),
                (Point.made, 3, Point(3)),
                (Point.negated, 3, -3),
                (Point.Inner(4).double, None, 8),
                (Local(1).plus, 3, 14),
                (functools.partial(pow, 2), 3, 8),
                (functools.partial(lambda a, b: a - b, 10), 3, 7),
                (Point, 3, Point(3)),
                (Pair._make, (1, 2), Pair(1, 2)),
                (Colour, 2, Colour.BLUE),
                (str.upper, "x", "X"),
                ("a-b".split, "-", ["a", "b"]),
                (len, "four", 4),
                (fact, 5, 120),
            ]
            for function, argument, wanted in cases:
                args = () if argument is None else (argument,)
                assert far(function, *args) == wanted, function  # sent as an argument
                assert send(function, *args).result() == wanted, function  # sent as the task itself
                assert list(futures.map(function, *[[a] * 3 for a in args])) == [wanted] * 3 if args else True
        """
    check(scoop_run, KINDS + textwrap.dedent(body))


def test_objects_of_the_main_script_are_of_their_class_on_both_sides(scoop_run: RunScoop) -> None:
    body = """
        def inspect(things):
            point, inner, colour, flag, data, pair, typed = things
            assert isinstance(point, Point) and isinstance(inner, Point.Inner)
            assert colour is Colour.RED and flag == Flag.A | Flag.B and isinstance(flag, Flag)
            assert isinstance(data, Data) and data == Data(1, [2])
            assert isinstance(pair, Pair) and isinstance(typed, Typed)
            point.x += 1
            return things, Point, [Point.Inner, Colour, Data, Pair, Typed], make()

        def make():
            return [Point(5), Point.Inner(5), Colour.BLUE, Flag.B, Data(3), Pair(1, 2), Typed(1)]

        def main():
            sent = (Point(1), Point.Inner(2), Colour.RED, Flag.A | Flag.B, Data(1, [2]), Pair(1, 2), Typed(1))
            for carrier in (inspect, lambda things: inspect(things)):
                back, cls, classes, made = far(carrier, sent)
                assert isinstance(back[0], Point) and back[0].x == 2 and sent[0].x == 1
                assert isinstance(back[1], Point.Inner) and back[2] is Colour.RED
                assert back[3] == Flag.A | Flag.B and back[4:] == (Data(1, [2]), Pair(1, 2), Typed(1))
                assert cls is Point and classes == [Point.Inner, Colour, Data, Pair, Typed]
                assert list(map(type, made)) == [Point, Point.Inner, Colour, Flag, Data, Pair, Typed]
                assert made[2] is Colour.BLUE
        """
    check(scoop_run, KINDS + textwrap.dedent(body))


def test_a_class_defined_in_a_function_comes_back_as_the_same_class(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            class Local:
                def __init__(self, x):
                    self.x = x
            LocalEnum = enum.Enum("LocalEnum", "A B")
            assert isinstance(far(give, Local(1)), Local)
            assert far(Local, 2).x == 2 and isinstance(far(Local, 2), Local)
            assert far(give, Local) is Local
            assert far(lambda thing: isinstance(thing, Local), Local(3))
            assert far(give, LocalEnum.A) is LocalEnum.A
        """,
    )


def test_functions_made_on_a_worker_come_home(scoop_run: RunScoop) -> None:
    body = """
        def maker(by):
            class Made:
                def value(self):
                    return by
            return lambda x: x * by, outer(by), functools.partial(outer(by), 1), Made()

        def main():
            times, plus, partial, made = far(maker, 3)
            assert (times(5), plus(5), partial(), made.value()) == (15, 8, 4, 3)
            assert far(times, 5) == 15 and far(made.value) == 3  # and travel on
        """
    check(scoop_run, KINDS + textwrap.dedent(body))


@pytest.mark.parametrize("n", [2, 4])
def test_tasks_of_a_map_really_run_on_all_workers(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        """
        def main():
            here = scoop.worker
            def nap(x):
                time.sleep(0.005)
                return x, scoop.worker
            results = list(futures.map(nap, range(100)))
            assert [x for x, _ in results] == list(range(100))
            assert len({worker for _, worker in results}) == scoop.SIZE
        """,
        n=n,
    )


def test_large_arguments_and_results(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def measure(data):
            return len(data), data[:1], data[-1:]

        def main():
            big = b"a" + bytes(50_000_000) + b"z"
            assert far(measure, big) == (50_000_002, b"a", b"z")
            assert far(give, big) == big
            assert far(bytearray, 50_000_000) == bytearray(50_000_000)
        """,
    )


def test_numpy_arrays(scoop_run: RunScoop) -> None:
    pytest.importorskip("numpy")
    check(
        scoop_run,
        """
        import numpy

        def change(array):
            array += 1  # what arrives may be written to
            return array

        def main():
            for array in (numpy.arange(3_000_000.0), numpy.zeros((0, 3)), numpy.arange(12).reshape(3, 4).T,
                          numpy.arange(10)[::2], numpy.float32(2) * numpy.ones(3, "f4")):
                before = array.copy()
                back = far(change, array)
                assert (array == before).all()  # the sender's own is not touched
                assert back.dtype == array.dtype and back.shape == array.shape and (back == before + 1).all()
                back += 1
            assert [a.sum() for a in futures.map(numpy.ones, range(20))] == list(range(20))
        """,
    )


# -- exceptions ----------------------------------------------------------------------------------------------


def test_a_remote_exception_is_the_users_and_brings_its_frames(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        class Custom(Exception):
            pass

        class Rich(ValueError):
            def __init__(self, code, *, detail):
                super().__init__(code)
                self.code, self.detail = code, detail
            def __reduce__(self):
                return functools.partial(Rich, detail=self.detail), (self.code,)

        def digs_deep(kind, *args, **kwargs):
            raise kind(*args, **kwargs)

        def chained():
            try:
                digs_deep(KeyError, "inner")
            except KeyError as error:
                raise Custom("outer") from error

        def main():
            error = send(digs_deep, Custom, "text", 5).exception()
            assert type(error) is Custom and error.args == ("text", 5)
            assert isinstance(error.__cause__, RemoteTraceback)
            text = str(error.__cause__)
            assert "digs_deep" in text and "raise kind(*args, **kwargs)" in text and "script.py" in text
            assert "src/scoop" not in text and "-packages/scoop" not in text and "__scoop_main__" not in text
            error = send(digs_deep, Rich, 7, detail="d").exception()
            assert type(error) is Rich and (error.code, error.detail) == (7, "d")
            text = str(send(chained).exception().__cause__)
            assert "inner" in text and "outer" in text and "direct cause" in text
            group = send(digs_deep, ExceptionGroup, "several", [Custom("a"), ValueError("b")]).exception()
            assert [type(e) for e in group.exceptions] == [Custom, ValueError]
            try:
                send(digs_deep, Custom, "raised").result()
            except Custom as error:
                assert error.args == ("raised",)
        """,
    )


def test_an_exception_that_cannot_travel_is_described(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        class Stubborn(Exception):
            def __init__(self, one, two):
                super().__init__(f"{one} and {two}")

        class Locked(Exception):
            def __init__(self):
                super().__init__("with a lock")
                self.lock = threading.Lock()

        class Unspeakable(Exception):
            def __str__(self):
                raise ZeroDivisionError
            __repr__ = __str__

        def throw(kind, *args):
            raise kind(*args)

        def main():
            for kind, args, words in [(Stubborn, (1, 2), "1 and 2"), (Locked, (), "with a lock")]:
                error = send(throw, kind, *args).exception()
                assert type(error) is RemoteError
                assert kind.__name__ in str(error) and words in str(error), str(error)
                assert "throw" in str(error.__cause__)
            class Nobody(Exception):
                pass
            assert isinstance(send(throw, Nobody, "local").exception(), Nobody)
            assert type(send(throw, Unspeakable).exception()) is Unspeakable
            assert far(give, 1) == 1
        """,
    )


@pytest.mark.parametrize("n", [1, 2])
def test_system_exit_and_keyboard_interrupt_fail_only_their_future(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        """
        def throw(kind):
            raise kind("mine")

        def nap():
            time.sleep(0.05)
            return 1

        def main():
            for kind in SystemExit, KeyboardInterrupt, GeneratorExit:
                error = send(throw, kind).exception()
                assert type(error) is kind and error.args == ("mine",)
                assert type(futures.submit(throw, kind).exception()) is kind
                for limit in -1, 20:
                    bad, good = futures.submit(throw, kind), futures.submit(nap)
                    assert futures.wait([bad, good], timeout=limit).not_done == set(), limit
                    assert type(bad.exception()) is kind and good.result() == 1
            assert list(futures.map(give, range(20))) == list(range(20))
        """,
        n=n,
    )


def test_an_interrupt_raised_in_a_task_does_not_interrupt_whoever_waits_for_another(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def throw():
            raise KeyboardInterrupt("mine")

        def nap():
            time.sleep(0.3)
            return 1

        def main():
            away = futures.submit(nap)
            while not away.running():
                time.sleep(0.001)
            bad = futures.submit(throw)
            assert away.result() == 1
            assert type(bad.exception()) is KeyboardInterrupt
        """,
    )


# -- what cannot travel --------------------------------------------------------------------------------------


def test_what_cannot_be_pickled_runs_at_home_with_one_warning_that_names_it(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def use_lock(lock, x):
            with lock:
                return x, os.getpid()

        def main():
            lock = threading.Lock()
            fs = [futures.submit(use_lock, lock, x) for x in range(10)]
            time.sleep(0.2)
            end = time.monotonic() + 30
            while not all(f.done() for f in fs):
                assert time.monotonic() < end
                time.sleep(0.005)
            assert [f.result() for f in fs] == [(x, os.getpid()) for x in range(10)]
            future = futures.submit(use_lock, lock, 5)
            time.sleep(0.1)  # it is asked for, tried, and kept
            assert future.result() == (5, os.getpid())
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert len(run.err.splitlines()) == 1, run.err
    assert "use_lock" in run.err
    assert "_thread.lock" in run.err


def test_a_result_that_cannot_be_pickled_fails_only_its_future(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        class Bad:
            def __reduce__(self):
                raise OSError("no way home")

        class OneWay:  # pickles, but does not unpickle
            def __reduce__(self):
                return fall, ()

        def fall():
            raise OSError("fallen")

        def make_lock():
            return threading.Lock()

        def main():
            for function, words in (make_lock, "lock"), (Bad, "no way home"), (OneWay, "fallen"):
                future = send(function)
                error = future.exception()
                assert type(error) is ResultNotSent and words in str(error), error
            assert "make_lock" in str(send(make_lock).exception())
            assert far(give, 1) == 1
            assert type(futures.submit(make_lock).result()).__name__ == "lock"  # at home it may be anything
        """,
    )


def test_a_task_that_cannot_be_rebuilt_fails_alone_and_says_why(scoop_run: RunScoop) -> None:
    run = scoop_run(
        PRELUDE
        + textwrap.dedent(
            """
            if __name__ == "__main__":
                def under_the_guard(x):
                    return x
                error = send(under_the_guard, 1).exception()
                assert type(error) is TaskNotSent, repr(error)
                assert "under_the_guard" in str(error) and "__main__" in str(error)
                assert far(give, 1) == 1
                print("fine")
            """
        )
    )
    assert run.status == 0, run.err
    assert (run.out, run.err) == ("fine\n", "")


def test_a_callback_that_cannot_be_rebuilt_harms_nobody(scoop_run: RunScoop) -> None:
    run = scoop_run(
        PRELUDE
        + textwrap.dedent(
            """
            if __name__ == "__main__":
                def under_the_guard(future):
                    called.append(future.result())
                called = []
                future = Future(None, give, 5)
                future.add_done_callback(under_the_guard, "universal")
                futures.wait([future], timeout=0)
                left_alone(future)
                assert future.result(timeout=1) == 5
                assert called == [5] and far(give, 1) == 1
                print("fine")
            """
        )
    )
    assert run.status == 0, run.err
    assert run.out == "fine\n"


def test_an_argument_whose_pickling_exits_harms_nobody(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        class Evil:
            def __init__(self, kind):
                self.kind = kind
            def __reduce__(self):
                raise self.kind("not me")

        def take(evil):
            return 5

        def main():
            for kind in OSError, RecursionError, SystemExit, KeyboardInterrupt:
                future = futures.submit(take, Evil(kind))
                time.sleep(0.1)
                assert future.result(timeout=5) == 5
                assert far(give, 1) == 1
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_a_deep_argument_runs_at_home_with_a_word_why(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def take(chain):
            return os.getpid()

        def main():
            chain = []
            for _ in range(100_000):
                chain = [chain]
            future = futures.submit(take, chain)
            time.sleep(0.2)  # it is asked for, tried, and kept
            assert future.result() == os.getpid()
            while chain:
                chain = chain[0]
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "take" in run.err


def test_objects_whose_repr_raises_travel_and_fail_like_any_other(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        class Shy:
            def __repr__(self):
                raise ZeroDivisionError
            __str__ = __repr__

        class ShyAndStuck(Shy):
            def __init__(self):
                self.lock = threading.Lock()

        class ShyError(Exception):
            def __repr__(self):
                raise ZeroDivisionError
            __str__ = __repr__

        def throw(shy):
            raise ValueError(shy)

        def throw_shy():
            raise ShyError

        def main():
            assert isinstance(far(give, Shy()), Shy)
            error = send(throw, Shy()).exception()
            assert type(error) is ValueError and isinstance(error.args[0], Shy)
            assert type(send(throw_shy).exception()) is ShyError
            assert type(send(ShyAndStuck).exception()) is ResultNotSent
            stuck = ShyAndStuck()
            future = futures.submit(give, stuck)
            time.sleep(0.2)  # it is asked for, tried, and kept
            assert future.result() is stuck
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "give" in run.err


# -- tracebacks ----------------------------------------------------------------------------------------------

OF_OURS = ("src/scoop", "site-packages/scoop", "greenlet", "runpy", "concurrent/futures")


@pytest.mark.parametrize(
    "call",
    [
        "send(breaks, 7).result()",
        "futures.submit(breaks, 7).result()",
        "futures.submit(breaks, 7).result(timeout=60)",
        "list(futures.map(breaks, [7, 8]))",
        "list(futures.map_as_completed(breaks, [7, 7]))",
        "futures.mapReduce(breaks, max, [7, 7, 7])",
        "futures.mapScan(breaks, max, [7, 7, 7])",
        "breaks(7)",
    ],
)
def test_an_uncaught_error_shows_the_users_lines_and_none_of_ours(scoop_run: RunScoop, call: str) -> None:
    body = f"""
        def breaks(x):
            return dig(x)

        def dig(x):
            raise LookupError(f"nothing at {{x}}")  # here it broke

        def main():
            {call}  # here it was asked for
        """
    run = start(scoop_run, body)
    assert run.status == 1
    for words in ("# here it broke", "# here it was asked for", "LookupError: nothing at 7", "in dig", "in main"):
        assert words in run.err, run.err
    for words in OF_OURS:
        assert words not in run.err, run.err
    assert run.err.rstrip().endswith("LookupError: nothing at 7")


def test_an_error_of_the_call_itself_shows_none_of_ours(scoop_run: RunScoop) -> None:
    for call in "futures.submit(5)", "futures.wait([1])", "futures.submit(time.sleep, 1).result(timeout=0)":
        run = start(scoop_run, f"def main():\n    {call}")
        assert run.status == 1
        assert call in run.err
        assert not any(words in run.err for words in OF_OURS), run.err


def test_an_open_file_does_not_travel_whatever_its_mode(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def read(file):
            return os.getpid(), file.readline()

        def main():
            with open(__file__) as file:
                results = list(futures.map(read, [file] * 6))
            assert {pid for pid, _ in results} == {os.getpid()}
            assert len({line for _, line in results}) > 1
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
