"""Constants that all tasks can read, wherever they are set and wherever they are read."""

import textwrap

import pytest

import scripts
from running import RunScoop
from scripts import everywhere

CALLS = """
def get(name, timeout=60):
    return shared.getConst(name, timeout=timeout)

def put(name, value):
    shared.setConst(**{name: value})
"""


def check(scoop_run: RunScoop, n: int, body: str) -> None:
    """Do as ``scripts.check``; the calls are there as functions that can be tasks."""
    scripts.check(scoop_run, n, CALLS + textwrap.dedent(body))


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


def test_a_task_that_runs_again_may_set_what_it_had_set(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import signal

        def sets(number, others):
            shared.setConst(number=number, table=b"x" * 1_000_000, **others)
            if not os.path.exists("was here"):
                open_gate("was here")
                os.kill(os.getpid(), signal.SIGKILL)
            return shared.getConst("number")

        def main():
            shared.setConst(mine=1)
            assert "mine" in str(elsewhere(raises, TypeError, shared.setConst, mine=1))
            assert elsewhere(sets, 7, {}) == 7
            assert far(sets, 7, {"more": 8}) == 7 and get("more", 5) == 8
            error = elsewhere(raises, TypeError, sets, 9, {"other": 8})
            assert "number already set" in str(error), error
            assert get("other", 0.05) is None
        """,
    )


@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_constant_is_set_once_and_a_refused_call_sets_nothing(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            shared.setConst(a=1)
            error = raises(TypeError, shared.setConst, b=2, a=3, c=4)
            assert "a" in str(error)
            assert get("a", 0) == 1
            assert [get(name, 0.05) for name in "bc"] == [None, None]
            assert far(get, "a", 0) == 1 and far(get, "b", 0.05) is None
            assert isinstance(far(put_again, "a"), TypeError)  # nor from another worker
            shared.setConst(b=2, c=4)
            assert [get(name, 0) for name in "abc"] == [1, 2, 4]

        def put_again(name):
            return raises(TypeError, put, name, 9)
        """,
    )


def test_of_many_that_set_one_name_at_once_exactly_one_succeeds(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        4,
        """
        def race(number):
            try:
                shared.setConst(prize=number)
            except TypeError:
                return None, get("prize")
            return number, get("prize")

        def main():
            results = list(futures.map(race, range(40)))
            winners = [number for number, _ in results if number is not None]
            assert len(winners) == 1
            assert {seen for _, seen in results} == set(winners)
        """,
    )


@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_constant_set_in_one_worker_is_seen_in_all(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nap_and_get(_):
            time.sleep(0.005)
            return get("from_afar", 0), os.getpid()

        def main():
            far(put, "from_afar", [1, 2])
            assert get("from_afar") == [1, 2]
            seen = set()
            def all_have_seen_it():
                for value, pid in futures.map(nap_and_get, range(60)):
                    assert value == [1, 2]
                    seen.add(pid)
                return len(seen) == scoop.SIZE
            until(all_have_seen_it)
        """,
    )


@everywhere
def test_a_constant_is_there_in_all_tasks_submitted_after_it(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            for i in range(50):
                put(f"c{i}", i)
                assert list(futures.map(get, [f"c{i}"] * 4, [0] * 4)) == [i] * 4
        """,
    )


@everywhere
def test_get_const_waits_and_then_returns_the_default(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert shared.getConst("missing") is None
            assert shared.getConst("missing", default=3) == 3
            assert shared.getConst("missing", 0.2, default="d") == "d"
            shared.setConst(nothing=None)
            assert shared.getConst("nothing", default=5) is None  # set, to None
            threading.Timer(0.1, shared.setConst, kwargs={"late": 7}).start()
            assert shared.getConst("late", timeout=60) == 7
            threading.Timer(0.1, shared.setConst, kwargs={"later": 8}).start()
            assert shared.getConst("later", timeout=None) == 8
        """,
    )


@everywhere
def test_get_const_waits_for_what_a_task_will_set(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = futures.submit(put, "soon", 5)
            assert shared.getConst("soon", timeout=60) == 5
            assert future.result() is None
        """,
    )


@everywhere
def test_a_deleted_constant_can_be_set_anew(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def drop(name):
            shared.delConst(name)

        def main():
            for value in range(10):
                shared.setConst(a=value, b=value)
                assert get("a", 0) == value and far(get, "a", 0) == value
                shared.delConst("a", "b")
                assert get("a", 0) is None and get("b", 0) is None and far(get, "a", 0) is None
            shared.delConst("never set")
            shared.setConst(c=1)
            far(drop, "c")
            until(lambda: get("c", 0) is None)
            shared.setConst(c=2)
            assert get("c", 0) == 2 and far(get, "c", 0) == 2
        """,
    )


@everywhere
def test_what_cannot_be_pickled_cannot_be_a_constant(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            error = raises(TypeError, shared.setConst, fine=1, culprit=threading.Lock())
            assert "culprit" in str(error)
            assert get("fine", 0) is None and get("culprit", 0) is None  # nothing is set
            shared.setConst(fine=1, culprit=2)
            assert far(get, "culprit") == 2
        """,
    )


@everywhere
def test_functions_and_classes_as_constants(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        class Point:
            class Origin:
                pass
            def __init__(self, x):
                self.x = x

        def call(name, *args):
            return get(name)(*args)

        def is_point(thing):
            return isinstance(thing, Point) and isinstance(get("point"), Point) and get("cls") is Point

        def main():
            factor = 3
            class Local:
                def __init__(self, x):
                    self.x = x * factor
            def inner(x):
                return x * factor
            shared.setConst(double=lambda x: 2 * x, inner=inner, cls=Point, nested=Point.Origin, local=Local,
                            method=Point(4).__init__, point=Point(1), builtin=len)
            assert far(call, "double", 4) == 8
            assert far(call, "inner", 4) == 12
            assert far(call, "builtin", "four") == 4
            made = far(call, "cls", 5)
            assert type(made) is Point and made.x == 5
            assert type(far(call, "nested")) is Point.Origin
            assert far(call, "local", 2).x == 6
            assert far(is_point, Point(2))
            assert far(get, "cls") is Point
        """,
    )


def test_get_const_while_the_script_is_imported_on_a_worker(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        if scoop.IS_ORIGIN:
            shared.setConst(early="bird")
        EARLY = shared.getConst("early", timeout=60)
        MISSING = shared.getConst("missing", timeout=0.01)

        def read():
            return EARLY, MISSING

        def main():
            assert read() == ("bird", None)
            assert far(read) == ("bird", None)
        """,
    )


@everywhere
def test_one_object_serves_all_tasks_of_a_worker(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def same():
            return get("table") is get("table")

        def main():
            table = {"a": 1}
            shared.setConst(table=table)
            assert shared.getConst("table") is table
            assert far(same)
        """,
    )


@everywhere
def test_encapsulated_elements_act_as_what_they_stand_for(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        class Counter:
            def __init__(self, by):
                self.by = by
            def add(self, x):
                return x + self.by
            def __call__(self, x):
                return x - self.by

        def plain(x, y=0):
            return x, y

        def apply(function, *args):
            return function(*args)

        def main():
            base = 100
            wrap = shared.SharedElementEncapsulation
            shared.setConst(tripled=lambda x: 3 * x)
            cases = [
                (wrap(plain), (1, 0)),
                (wrap(lambda x: x + base), 101),
                (wrap(Counter(5).add), 6),
                (wrap(Counter(5)), -4),
                (wrap("tripled"), 3),
                (wrap(abs), 1),
            ]
            for element, wanted in cases:
                assert element(1) == wanted
                assert far(element, 1) == wanted  # as a task
                assert far(apply, element, 1) == wanted  # as an argument
                assert list(futures.map(element, [1] * 10)) == [wanted] * 10
            assert wrap(plain)(1, y=2) == (1, 2)
            assert wrap(plain).element is plain
            assert far(apply, far(apply, wrap, plain), 7) == (7, 0)  # made there, used everywhere
            error = raises(NameError, wrap("nobody set it"), 1)
            assert "nobody set it" in str(error)
            assert "tripled" in repr(wrap("tripled"))
        """,
    )


@everywhere
def test_constants_of_the_programs_threads(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            threads = [threading.Thread(target=put, args=(f"t{i}", i)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [far(get, f"t{i}") for i in range(8)] == list(range(8))
        """,
    )


def test_setting_a_constant_while_the_script_is_imported_names_the_guard(scoop_run: RunScoop) -> None:
    run = scoop_run(
        """
        from scoop import futures, shared

        shared.setConst(table=[1, 2])
        print(list(futures.map(abs, range(3))))
        """
    )
    assert run.status == 1
    assert '__name__ == "__main__"' in run.err


@everywhere
def test_all_constants_are_there_by_name(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def names():
            return sorted(shared.elements), shared.elements["x"], "y" in shared.elements

        def main():
            assert len(shared.elements) == 0 and "x" not in shared.elements
            shared.setConst(x=5, y=[1])
            assert dict(shared.elements) == {"x": 5, "y": [1]}
            assert send(names).result() == (["x", "y"], 5, True)
            del shared.elements["y"]
            raises(KeyError, shared.elements.__getitem__, "y")
            raises(KeyError, shared.elements.__delitem__, "y")
            assert send(names).result() == (["x"], 5, False)
            shared.setConst(y=2)
            assert shared.elements["y"] == 2
        """,
    )
