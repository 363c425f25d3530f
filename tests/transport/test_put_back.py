"""What the program changes for a while, and then puts back, is put back in workers, too."""

from running import RunScoop
from transport.guarded import run_fine, run_guarded


def test_what_a_program_patches_is_as_before_afterwards(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        from unittest import mock

        missing, number, lock = object(), 1, threading.Lock()
        default = missing

        def inner(): return "inner"
        def outer(): return inner()
        def outermost(): return outer()
        def numbers(): return number, missing is default
        def kind(): return type(lock).__name__

        class Base:
            def method(self): return "base"

        def calls_a_method(): return Base().method()

        def same(expected, function, *others):
            assert function() == far(function) == expected, (function(), far(function))
            for function in others:
                same(expected, function)
        """,
        """
        main = sys.modules["__main__"]
        plain = inner
        same("inner", inner, outer, outermost)
        with mock.patch("__main__.inner", lambda: "patched"):
            same("patched", outer, outermost)
            with mock.patch("__main__.inner", lambda: "twice " + plain()):
                same("twice inner", outermost, outer)
            same("patched", outermost, outer)
            assert far(plain) == "inner"
        same("inner", outermost, inner, outer)
        with mock.patch("__main__.outer", inner):
            same("inner", outermost)
            with mock.patch("__main__.inner", lambda: "both"):
                same("inner", outermost)
        same("inner", outermost)
        with mock.patch.object(main, "number", 2), mock.patch.object(main, "missing", None):
            same((2, False), numbers)
        same((1, True), numbers)
        class Derived(Base):
            def method(self): return "derived"
        with mock.patch("__main__.Base", Derived):
            same("derived", calls_a_method)
        same("base", calls_a_method)
        with mock.patch("__main__.lock", 3):
            same("int", kind)
        same("lock", kind)
        """,
    )


def test_what_a_program_deletes_is_gone_everywhere(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        number = 1

        def count(): return len("abc")

        def look():
            try:
                return number
            except NameError:
                return None

        def look_for_more():
            try:
                return more
            except NameError:
                return None

        def same(expected, function):
            assert function() == far(function) == expected, (function(), far(function))
        """,
        """
        kept = number
        del number
        same(None, look)
        number = kept
        same(1, look)
        same(None, look_for_more)
        more = 2
        same(2, look_for_more)
        del more
        same(None, look_for_more)
        len = lambda _: -1
        same(-1, count)
        del len
        same(3, count)
        """,
    )


def test_a_mock_that_a_task_would_call_is_refused_by_name(scoop_run: RunScoop) -> None:
    run = run_guarded(
        scoop_run,
        """
        from unittest import mock
        from scoop.errors import TaskNotSent

        def inner(): return "inner"
        def outer(): return inner()
        """,
        """
        with mock.patch("__main__.inner", return_value=3):
            print(raises(TaskNotSent, far, outer))
        assert far(outer) == "inner"
        """,
    )
    assert run.status == 0, run.err
    assert "outer reads the global 'inner'" in run.out
    assert "a mock notes its calls in one process" in run.out
