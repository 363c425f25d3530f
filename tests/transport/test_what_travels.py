"""What can travel to another worker and back."""

import textwrap

import pytest

from running import RunScoop
from scripts import check

KINDS = """
import collections, dataclasses, enum, functools, typing

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
    check(scoop_run, 2, KINDS + textwrap.dedent(body))


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
    check(scoop_run, 2, KINDS + textwrap.dedent(body))


def test_a_class_defined_in_a_function_comes_back_as_the_same_class(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import enum

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
    check(scoop_run, 2, KINDS + textwrap.dedent(body))


@pytest.mark.parametrize("n", [2, 4])
def test_tasks_of_a_map_really_run_on_all_workers(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            seen = set()
            def nap(x):
                time.sleep(0.005)
                return x, scoop.worker
            def all_have_worked():
                results = list(futures.map(nap, range(100)))
                assert [x for x, _ in results] == list(range(100))
                seen.update(worker for _, worker in results)
                return len(seen) == scoop.SIZE
            until(all_have_worked)
        """,
    )


def test_large_arguments_and_results(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
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
        2,
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


def test_an_exception_with_slots_one_none_and_one_unset(scoop_run: RunScoop) -> None:
    """As that of numpy's AxisError has."""
    check(
        scoop_run,
        2,
        """
        class Slotted(Exception):
            __slots__ = "nothing", "unset"

            def __str__(self):
                return f"{self.nothing} {hasattr(self, 'unset')}"

        def throw():
            error = Slotted()
            error.nothing = None
            raise error

        def main():
            assert str(raises(Slotted, far, throw)) == "None False"
        """,
    )


def test_instances_of_local_classes_with_slots(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import dataclasses

        def main():
            class Base:
                __slots__ = "size", "__hidden", "__weakref__"

                def hide(self):
                    self.__hidden = 5
                    return self

                def shown(self):
                    return self.size, self.__hidden, hasattr(self, "__dict__")

            @dataclasses.dataclass(slots=True)
            class Point:
                x: int = 3

            base = Base().hide()
            base.size = 1
            assert far(base.shown) == far(give, base).shown() == (1, 5, False)
            assert far(give, Point(4)) == Point(4) and not hasattr(far(give, Point(4)), "__dict__")
        """,
    )
