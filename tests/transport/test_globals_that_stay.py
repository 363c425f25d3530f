"""Globals of the main script that cannot go along with tasks are named, with the remedy."""

from running import RunScoop
from transport.guarded import run_guarded


def test_a_large_global_is_refused_by_name(scoop_run: RunScoop) -> None:
    run = run_guarded(
        scoop_run,
        """
        from scoop.errors import TaskNotSent

        def use(x):
            return inner(x)

        def inner(x):
            return table[x]

        def several(x):
            return first, second, third, x
        """,
        """
        table = list(range(1_000_000))
        error = send(use, 1).exception()
        assert type(error) is TaskNotSent, error
        print(error)
        try:
            list(futures.map(use, [1] * 100))
        except TaskNotSent as problem:
            assert "'table'" in str(problem)
        first, second, third = b"1" * 400_000, b"2" * 450_000, b"3" * 400_000
        error = send(several, 1).exception()
        assert type(error) is TaskNotSent and "'second'" in str(error) and "several" in str(error), error
        third = b""
        assert len(far(several, 1)[1]) == 450_000
        assert far(lambda x: table[x], 5) == 5  # by value, with all that it reads
        """,
    )
    assert (run.status, run.err) == (0, ""), run.err
    for word in ("inner reads the global 'table'", "1 MB", "shared.setConst", "argument"):
        assert word in run.out


def test_a_global_that_cannot_be_pickled_is_refused_by_name(scoop_run: RunScoop) -> None:
    run = run_guarded(
        scoop_run,
        """
        from scoop.errors import TaskNotSent

        def use():
            with guard:
                return 1
        """,
        """
        guard = threading.Lock()
        assert use() == 1
        error = send(use).exception()
        assert type(error) is TaskNotSent, error
        print(error)
        assert far(give, 1) == 1
        """,
    )
    assert (run.status, run.err) == (0, ""), run.err
    for word in ("use reads the global 'guard'", "_thread.lock", "shared.setConst", "argument"):
        assert word in run.out


def test_what_has_grown_too_large_in_place_is_told_of_once(scoop_run: RunScoop) -> None:
    run = run_guarded(
        scoop_run,
        """
        cache, holder = {}, {}

        def use():
            return len(cache), len(holder)
        """,
        """
        cache[0] = 0
        assert far(use) == (1, 0)
        cache.update(dict.fromkeys(range(1_000_000)))
        holder["lock"] = threading.Lock()
        for _ in range(3):
            assert far(use) == (1, 0)
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert len(run.err.splitlines()) == 2, run.err
    assert "use reads the global 'cache'" in run.err
    assert "use reads the global 'holder'" in run.err


def test_a_value_that_cannot_be_rebuilt_is_told_of(scoop_run: RunScoop) -> None:
    run = run_guarded(
        scoop_run,
        """
        class Broken:
            def __reduce__(self):
                return fall, ()

        def fall():
            raise OSError("fallen")

        def use():
            return broken
        """,
        """
        broken = Broken()
        error = send(use).exception()
        assert type(error) is NameError, repr(error)
        assert far(give, 1) == 1
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "'broken'" in run.err
    assert "fallen" in run.err
