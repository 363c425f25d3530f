"""Exceptions come home as what they are, and harm only their own future."""

import pytest

from running import RunScoop
from scripts import check


def test_a_remote_exception_is_the_users_and_brings_its_frames(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import functools, traceback
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
            error = send(chained).exception()
            assert type(error) is Custom and type(error.__cause__) is KeyError
            text = "".join(traceback.format_exception(error))
            assert "in digs_deep" in text and "in chained" in text and "direct cause" in text
            group = send(digs_deep, ExceptionGroup, "several", [Custom("a"), ValueError("b")]).exception()
            assert [type(e) for e in group.exceptions] == [Custom, ValueError]
            try:
                send(digs_deep, Custom, "raised").result()
            except Custom as error:
                assert error.args == ("raised",)
        """,
    )


def test_exceptions_whose_classes_pickle_cannot_call_come_home_exactly(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        class Stubborn(Exception):
            def __init__(self, one, two):
                super().__init__(f"{one} and {two}")
                self.one = one

        class Keywords(Exception):
            def __init__(self, *, status):
                super().__init__("bad")
                self.status = status

        class Silent(Exception):
            def __init__(self):
                super().__init__("words")

        class OwnArgs(Exception):
            def __init__(self, code):
                self.code = code
            args = property(lambda self: (self.code,))

        class Slotted(Exception):
            __slots__ = ("__secret", "unset")
            def __init__(self, secret):
                self.__secret = secret
            def secret(self):
                return self.__secret

        class Unspeakable(Exception):
            def __str__(self):
                raise ZeroDivisionError
            __repr__ = __str__

        class Irreducible(Exception):
            def __reduce__(self):
                raise RuntimeError("not me")

        class Changing(Exception):
            def __reduce__(self):
                return int, (5,)

        def throw(kind, args, keywords):
            raise kind(*args, **keywords)

        def main():
            def thrown(kind, *args, **keywords):
                error = send(throw, kind, args, keywords).exception()
                assert type(error) is kind, repr(error)
                return error
            class Local(Exception):
                pass
            stubborn = thrown(Stubborn, 1, 2)
            assert (stubborn.one, str(stubborn)) == (1, "1 and 2")
            assert thrown(Keywords, status=404).status == 404
            assert str(thrown(Silent)) == "words"
            assert thrown(OwnArgs, 7).args == (7,)
            slotted = thrown(Slotted, 5)
            assert slotted.secret() == 5 and not hasattr(slotted, "unset")
            for kind in Unspeakable, Irreducible, Changing, Local:
                assert thrown(kind, 1).args == (1,)
        """,
    )


def test_pythons_own_exceptions_come_home_with_all_they_hold(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import subprocess, urllib.error

        class Application(OSError):
            def __init__(self, code, text):
                super().__init__(code, text)
                self.extra = code

        MADE = [
            lambda: FileNotFoundError(2, "None such", "/a", None, "/b"),
            lambda: BlockingIOError(11, "busy", 7),
            lambda: Application(13, "denied"),
            lambda: UnicodeEncodeError("ascii", "é", 0, 1, "bad"),
            lambda: UnicodeDecodeError("ascii", b"+", 0, 1, "bad"),
            lambda: SyntaxError("odd", ("file", 3, 4, "text", 5, 6)),
            lambda: ImportError("none", name="n", path="p"),
            lambda: AttributeError("none", name="n", obj=[5]),
            lambda: NameError("none", name="n"),
            lambda: StopIteration(8),
            lambda: SystemExit(9),
            lambda: subprocess.CalledProcessError(3, ["ls"], b"out", b"err"),
            lambda: urllib.error.HTTPError("url", 500, "words", {}, None),
        ]

        def throw(number):
            raise MADE[number]()

        def held(error):
            names = set(vars(error)).union(*map(dir, type(error).__mro__))
            names -= {"fp", "file", "with_traceback", "add_note"}
            names = [name for name in names if not name.startswith("_")]
            values = {name: getattr(error, name, None) for name in names}
            return {name: value for name, value in values.items() if not callable(value)}, str(error)

        def main():
            for number, make in enumerate(MADE):
                error = send(throw, number).exception()
                assert type(error) is type(make()), repr(error)
                assert held(error) == held(make()), (held(error), held(make()))
        """,
    )


def test_notes_causes_contexts_and_groups_come_home(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import traceback

        class Stubborn(Exception):
            def __init__(self, one, two):
                super().__init__(one)

        def throw(kind):
            try:
                raise Stubborn("inner", 2)
            except Stubborn as inner:
                outer = LookupError("outer")
                outer.add_note("a note")
                if kind == "cause":
                    raise outer from inner
                if kind == "hidden":
                    raise outer from None
                raise outer

        def throw_group():
            nested = ExceptionGroup("nested", [Stubborn(1, 2)])
            nested.exceptions[0].__cause__ = KeyError("why")
            raise BaseExceptionGroup("all", [KeyboardInterrupt(), nested])

        def passes_on(kind):
            return send(throw, kind).result()

        def frames(error):
            return "".join(traceback.format_exception(error)).count("in throw")

        def main():
            for call in throw, passes_on:
                cause, context, hidden = [send(call, kind).exception() for kind in ("cause", "context", "hidden")]
                for error in cause, context, hidden:
                    assert type(error) is LookupError and error.__notes__ == ["a note"]
                    assert type(error.__context__) is Stubborn and error.__context__.args == ("inner",)
                assert cause.__cause__ is cause.__context__ and cause.__suppress_context__
                assert context.__cause__ is None and not context.__suppress_context__
                assert hidden.__suppress_context__
                assert (frames(cause), frames(context), frames(hidden)) == (2, 2, 1)
            group = send(throw_group).exception()
            assert type(group) is BaseExceptionGroup and group.message == "all"
            assert type(group.exceptions[0]) is KeyboardInterrupt
            leaf = group.exceptions[1].exceptions[0]
            assert type(leaf) is Stubborn and type(leaf.__cause__) is KeyError and frames(group) == 1
        """,
    )


def test_of_an_exception_only_what_cannot_travel_is_replaced(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import socket

        LOCK = threading.Lock()

        class Mute:
            def __reduce__(self):
                raise RuntimeError
            __repr__ = __reduce__

        class Holding(Exception):
            def __init__(self, text):
                super().__init__(text, LOCK, KeyError(LOCK))
                self.text = text
                self.lock = LOCK
                self.data = {"lock": [LOCK, 1], "mute": Mute(), "text": text}

        def throw():
            try:
                raise Holding("inner")
            except Holding as inner:
                raise Holding("outer") from inner

        def main():
            outer = send(throw).exception()
            for error in outer, outer.__cause__:
                assert type(error) is Holding, repr(error)
                assert "lock" in error.lock and error.lock == error.args[1] == error.data["lock"][0]
                assert error.data["lock"][1] == 1 and error.data["text"] == error.args[0] == error.text
                assert error.data["mute"] == "<Mute>"
                assert type(error.args[2]) is KeyError and "lock" in error.args[2].args[0]
            assert outer.text == "outer" and outer.__cause__.text == "inner"
        """,
    )


def test_a_long_chain_of_causes_does_not_change_the_exception(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def throw():
            error = None
            for number in range(5000):
                cause, error = error, ValueError(number)
                error.__cause__ = cause
            raise error

        def main():
            assert send(throw).exception().args == (4999,)
        """,
    )


def test_an_exception_whose_class_is_not_to_be_had_is_described(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        from scoop.errors import RemoteError

        if __name__ != "__main__":
            class OfWorkers(Exception):
                pass

        def throw(linked):
            if linked:
                raise ValueError("outer") from OfWorkers("words")
            raise OfWorkers("words")

        def main():
            stand_in = send(throw, False).exception()
            outer = send(throw, True).exception()
            assert type(outer) is ValueError and outer.args == ("outer",), repr(outer)
            for error in stand_in, outer.__cause__:
                assert type(error) is RemoteError, repr(error)
                assert str(error).startswith("OfWorkers: words (") and "__main__.OfWorkers" in str(error), error
                assert "in throw" in str(error.__cause__)
        """,
    )


def test_a_callback_where_the_task_ran_gets_its_very_exception(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        raised = []

        def throw():
            raised.append(ValueError("mine"))
            raise raised[0]

        def look(future):
            if raised:  # it ran here
                error = future.exception()
                assert error is raised[0] and error.__cause__ is None
                open_gate()

        def main():
            future = Future(None, throw)
            future.add_done_callback(look, "universal")
            futures.wait([future], timeout=0)
            left_alone(future)
            assert is_open()
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
