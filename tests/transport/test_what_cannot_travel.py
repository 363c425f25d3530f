"""What cannot travel is run at home, or fails alone, with a word why."""

from running import RunScoop
from scripts import check, program, start


def test_what_cannot_be_pickled_runs_at_home_with_one_warning_naming_it(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        2,
        """
        def use_lock(tripwire, lock, x):
            with lock:
                return x, os.getpid()

        def main():
            lock = threading.Lock()
            tripwires = [Tripwire() for _ in range(10)]
            fs = [futures.submit(use_lock, tripwire, lock, x) for x, tripwire in enumerate(tripwires)]
            tripwires[0].wait()
            until(lambda: all(f.done() for f in fs))
            assert [f.result() for f in fs] == [(x, os.getpid()) for x in range(10)]
            assert tried(use_lock, lock, 5).result() == (5, os.getpid())
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert len(run.err.splitlines()) == 1, run.err
    assert "use_lock" in run.err
    assert "_thread.lock" in run.err


def test_the_word_about_what_cannot_travel_leads_to_it(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        2,
        """
        import functools, logging

        class Session:
            def __init__(self):
                self.lock = threading.Lock()
            def method(self):
                pass

        class Job:
            def __init__(self, session):
                self.session = session

        class Row(list):
            pass

        class Slotted:
            __slots__ = ("name", "lock")

        def attribute(*args, **kwargs): pass
        def keyword(*args, **kwargs): pass
        def entry(*args, **kwargs): pass
        def slot(*args, **kwargs): pass
        def row(*args, **kwargs): pass
        def bound(*args, **kwargs): pass
        def mapped(*args): time.sleep(0.01)
        def returned(): return {"jobs": [1, Job(Session())]}
        def generated(): return (x for x in "abc")

        def main():
            def submit(function, *args, **kwargs):
                before = len(said)
                while len(said) == before:
                    future = futures.submit(function, *args, **kwargs)
                    time.sleep(0.01)  # so that another worker asks for it
                    future.result()
            said = []
            handler = logging.Handler()
            handler.emit = lambda record: said.append(record.getMessage())
            logging.getLogger("scoop").addHandler(handler)
            session, slotted, special = Session(), Slotted(), Row([1])
            slotted.lock, special.lock = session.lock, session.lock
            submit(attribute, Job(session))
            submit(keyword, data=[0, 1, 2, session.lock])
            submit(entry, {"a": 1, "b": (session.lock,)})
            submit(slot, slotted)
            submit(row, special)
            submit(session.method)
            submit(functools.partial(bound, session))
            submit(lambda: session)
            list(futures.map(mapped, range(9), [Job(session)] * 9))
            print("\\n".join(said))
            for function in returned, generated:
                print(send(function).exception())
        """,
    )
    assert run.status == 0, run.err
    words = [
        "arg 0 -> .session -> .lock (_thread.lock): TypeError: cannot pickle '_thread.lock' object",
        "keyword data -> [3] (_thread.lock)",
        "arg 0 -> ['b'] -> [0] (_thread.lock)",
        "arg 0 -> .lock (_thread.lock)",
        "arg 0 -> .lock (_thread.lock)",
        "function -> .__self__ -> .lock (_thread.lock)",
        "function -> .args -> [0] -> .lock (_thread.lock)",
        "function -> variable session -> .lock (_thread.lock)",
        "arg 1 -> .session -> .lock (_thread.lock)",
    ]
    lines = run.out.splitlines()
    for line, word in zip(lines, words, strict=False):
        assert f"cannot travel to other workers ({word}" in line, (word, line)
    assert "(result -> ['jobs'] -> [1] -> .session -> .lock (_thread.lock): TypeError" in run.out
    assert "(result (generator): TypeError" in run.out


def test_a_name_that_only_the_program_has_is_told_of(scoop_run: RunScoop) -> None:
    run = scoop_run(
        program(
            """
            def use():
                return eval("setting")  # which nobody can see in the code

            def nested():
                return send(use).result()

            def misspelt():
                return misspelt_name

            if __name__ == "__main__":
                setting = 5
                assert use() == 5
                (note,) = send(use).exception().__notes__
                assert "'setting'" in note and "__main__" in note, note
                assert not hasattr(send(misspelt).exception(), "__notes__")
                (note,) = send(nested).exception().__notes__
                assert "'setting'" in note, note
                print("fine")
            """
        )
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_a_result_that_cannot_be_pickled_fails_only_its_future(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        from scoop.errors import ResultNotSent

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
        program(
            """
            class Unset:
                def __getstate__(self):
                    return 1
                def __setstate__(self, state):
                    raise RuntimeError("not set")

            if __name__ == "__main__":
                from scoop.errors import TaskNotSent

                error = send(give, Unset()).exception()
                assert type(error) is TaskNotSent and "not set" in str(error), repr(error)
                assert "__main__" not in str(error), str(error)
                assert far(give, 1) == 1
                print("fine")
            """
        )
    )
    assert run.status == 0, run.err
    assert (run.out, run.err) == ("fine\n", "")


def test_a_callback_that_cannot_be_rebuilt_harms_nobody(scoop_run: RunScoop) -> None:
    run = scoop_run(
        program(
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
        2,
        """
        class Evil:
            def __init__(self, kind):
                self.kind = kind
            def __reduce__(self):
                raise self.kind("not me")

        def take(tripwire, evil):
            return 5

        def main():
            for kind in OSError, RecursionError, SystemExit, KeyboardInterrupt:
                assert tried(take, Evil(kind)).result(timeout=60) == 5
                assert far(give, 1) == 1
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_a_deep_argument_runs_at_home_with_a_word_why(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        2,
        """
        def take(tripwire, chain):
            return os.getpid()

        def main():
            chain = []
            for _ in range(100_000):
                chain = [chain]
            assert tried(take, chain).result() == os.getpid()
            while chain:
                chain = chain[0]
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "take" in run.err


def test_objects_whose_repr_raises_travel_and_fail_like_any_other(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        2,
        """
        from scoop.errors import ResultNotSent

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

        def keep(tripwire, shy):
            return shy

        def main():
            assert isinstance(far(give, Shy()), Shy)
            error = send(throw, Shy()).exception()
            assert type(error) is ValueError and isinstance(error.args[0], Shy)
            assert type(send(throw_shy).exception()) is ShyError
            assert type(send(ShyAndStuck).exception()) is ResultNotSent
            stuck = ShyAndStuck()
            assert tried(keep, stuck).result() is stuck
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "keep" in run.err


def test_an_open_file_does_not_travel_whatever_its_mode(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        2,
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
