"""How the functions may be called: what they refuse, what reaches the task, and what DEAP makes of them."""

from running import RunScoop
from scripts import check, everywhere


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
                raises(TypeError, function, square, [1], buffersize=2.0)
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
def test_an_unknown_keyword_to_a_map_is_named_and_ignored(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import warnings

        def main():
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                for _ in range(2):
                    assert [*futures.map(square, [2], chunksze=3)] == [4]
                    assert [*futures.map_as_completed(square, [2], chunksze=3)] == [4]
                    assert futures.mapReduce(square, max, [1, 2], initial=3) == 4
                    assert futures.mapScan(square, max, [1, 2], initial=3) == [1, 4]
            assert ["chunksze" in str(told[0].message), "initial" in str(told[1].message)] == [True, True]
            assert len(told) == 2, "each is named once"
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
