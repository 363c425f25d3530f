"""Exceptions come home as what they are, and harm only their own future."""

import pytest

from running import RunScoop
from scripts import check


def test_a_remote_exception_is_the_users_and_brings_its_frames(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import functools
        from scoop.errors import RemoteTraceback

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
        2,
        """
        from scoop.errors import RemoteError

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
        n,
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
                for limit in -1, 60:
                    bad, good = futures.submit(throw, kind), futures.submit(nap)
                    assert futures.wait([bad, good], timeout=limit).not_done == set(), limit
                    assert type(bad.exception()) is kind and good.result() == 1
            assert list(futures.map(give, range(20))) == list(range(20))
        """,
    )


def test_an_interrupt_raised_in_a_task_leaves_waits_for_others_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def throw():
            open_gate()
            raise KeyboardInterrupt("mine")

        def main():
            away = taken(is_open)
            bad = futures.submit(throw)
            assert away.result() is True
            assert type(bad.exception()) is KeyboardInterrupt
        """,
    )
