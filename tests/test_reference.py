"""Every row of the reference, in its order: one test for each, named after it."""

import textwrap

import pytest

from conftest import RunScoop

PRELUDE = '''
import logging, os, sys, threading, time
import scoop
from scoop import futures, shared
from scoop._types import Future

def is_open(name="gate", limit=30):
    """Wait for the main program to open a gate; return whether it did."""
    end = time.monotonic() + limit
    while not os.path.exists(name) and time.monotonic() < end:
        time.sleep(0.005)
    return os.path.exists(name)

def open_gate(name="gate"):
    open(name, "w").close()

def raises(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except BaseException as error:
        assert type(error) is kind, error
        return error
    raise AssertionError(f"{kind} was not raised")

def far(function, *args):
    """Submit a task that takes long; return its future when another worker has it (this one only sleeps)."""
    future = futures.submit(function, *args)
    end = time.monotonic() + 30
    while not future.running():
        assert time.monotonic() < end, "nobody took the task"
        time.sleep(0.001)
    return future

def left_alone(future):
    """Sleep, and do not ask for it, until the future has ended: so only another worker can have run it."""
    ended = threading.Event()
    future.add_done_callback(lambda _: ended.set())
    assert ended.wait(30), "nobody took the task"
    return future

def square(x):
    return x * x

def fail(text):
    raise ValueError(text)
'''

everywhere = pytest.mark.parametrize("n", [1, 2])


def check(scoop_run: RunScoop, n: int, body: str, options: tuple[str, ...] = ()) -> str:
    """Run a script that defines main(), under SCOOP, and expect success; return what it wrote on stderr."""
    source = PRELUDE + textwrap.dedent(body) + '\nif __name__ == "__main__":\n    main()\n    print("fine")\n'
    run = scoop_run(source, n=n, options=options)
    assert run.status == 0, run.err
    assert run.out == "fine\n", run.err
    return run.err


# -- Futures module ------------------------------------------------------------------------------------------


@everywhere
def test_as_completed(scoop_run: RunScoop, n: int) -> None:
    err = check(
        scoop_run,
        n,
        """
        def main():
            fs = [futures.submit(square, i) for i in range(20)]
            cancelled = Future(None, square, 100)
            assert cancelled.cancel()
            got = list(futures.as_completed([*fs, cancelled]))
            assert len(got) == 21 and set(got) == {*fs, cancelled}  # each once, the cancelled one too
            assert all(f.done() for f in got)
            assert sorted(f.result() for f in fs) == [i * i for i in range(20)]
            assert list(futures.as_completed([])) == []
            assert list(futures.as_completed([fs[0], fs[0]])) == [fs[0]]
            assert set(futures.as_completed(f for f in fs)) == set(fs)

            slow = futures.submit(is_open)
            waiting = futures.as_completed([fs[0], slow], timeout=0.1)
            assert next(waiting) is fs[0]
            raises(TimeoutError, next, waiting)
            assert not slow.done()
            open_gate()
            assert list(futures.as_completed([slow], timeout=60)) == [slow]
            assert slow.result() is True
        """,
    )
    assert err == ""


def test_as_completed_yields_as_they_complete(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            slow, fast = far(is_open), futures.submit(square, 3)
            order = futures.as_completed([slow, fast])
            assert next(order) is fast
            open_gate()
            assert next(order) is slow
            assert list(order) == []
        """,
    )


@everywhere
def test_map(scoop_run: RunScoop, n: int) -> None:
    err = check(
        scoop_run,
        n,
        """
        def tell(*args):
            return args

        class Adder:
            def __init__(self, by):
                self.by = by
            def __call__(self, x):
                return x + self.by

        def careful(x):
            if x == 5:
                raise ValueError(f"no {x}")
            return x

        def main():
            assert list(futures.map(square, range(200))) == [i * i for i in range(200)]
            zipped = futures.map(tell, [1, 2, 3], "ab", (x for x in range(9)))
            assert list(zipped) == [(1, "a", 0), (2, "b", 1)]
            assert list(futures.map(Adder(10), [1, 2])) == [11, 12]
            assert list(futures.map(square, [])) == []
            results = futures.map(square, [1, 2, 3])
            assert iter(results) is results and next(results) == 1

            # The exception comes in its place: all before it are delivered.
            before = []
            def consume():
                for x in futures.map(careful, range(10)):
                    before.append(x)
            assert str(raises(ValueError, consume)) == "no 5"
            assert before == [0, 1, 2, 3, 4]
        """,
    )
    assert err == ""


@everywhere
def test_map_timeout(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            results = futures.map(is_open, ["gate"], timeout=0.1)
            raises(TimeoutError, next, results)
            # It counts from the call to map, not from that to next.
            results = futures.map(is_open, ["gate"], timeout=0.3)
            time.sleep(0.4)
            start = time.monotonic()
            raises(TimeoutError, next, results)
            assert time.monotonic() - start < 10
            open_gate()
            assert list(futures.map(is_open, ["gate"] * 3, timeout=60)) == [True] * 3
            assert list(futures.map(is_open, ["gate"] * 3, timeout=None)) == [True] * 3
        """,
    )


@everywhere
def test_map_as_completed(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert sorted(futures.map_as_completed(square, range(100))) == sorted(i * i for i in range(100))
            assert sorted(futures.map_as_completed(max, [1, 5, 3], [4, 2])) == [4, 5]
            assert list(futures.map_as_completed(square, [])) == []
            raises(ValueError, list, futures.map_as_completed(fail, ["a"]))

            results = futures.map_as_completed(is_open, ["gate"], timeout=0.1)
            raises(TimeoutError, next, results)
            open_gate()
            assert list(futures.map_as_completed(is_open, ["gate"], timeout=60)) == [True]
        """,
    )


def test_map_as_completed_does_not_hold_results_back(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def gate_or_square(x):
            return is_open() if x == 0 else square(x)

        def main():
            results = futures.map_as_completed(gate_or_square, range(10), timeout=60)
            early = [next(results) for _ in range(9)]
            assert sorted(early) == [i * i for i in range(1, 10)]
            open_gate()
            assert list(results) == [True]
        """,
    )


@everywhere
def test_shutdown(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert futures.shutdown() is None
            assert futures.shutdown(wait=False) is None
            assert futures.shutdown(True) is None
            assert futures.submit(square, 4).result() == 16
        """,
    )


@everywhere
def test_wait(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            fs = [futures.submit(square, i) for i in range(10)]
            outcome = futures.wait(fs)
            done, not_done = outcome
            assert isinstance(outcome, tuple) and len(outcome) == 2
            assert outcome.done is done and outcome.not_done is not_done
            assert done == set(fs) and type(done) is set
            assert not_done == set() and type(not_done) is set
            assert futures.wait([]) == (set(), set())
            assert futures.wait(f for f in fs).done == set(fs)
            cancelled = Future(None, square, 1)
            cancelled.cancel()
            assert futures.wait([cancelled]).done == {cancelled}
            assert (futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION) == (
                "ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION")
        """,
    )


@everywhere
def test_wait_timeout(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            quick, slow = futures.submit(square, 2), futures.submit(is_open)
            assert quick.result() == 4
            assert futures.wait([quick, slow], timeout=0) == ({quick}, {slow})
            assert futures.wait([quick, slow], timeout=0.1) == ({quick}, {slow})
            assert futures.wait([quick, slow], 0.1, futures.FIRST_EXCEPTION) == ({quick}, {slow})
            open_gate()
            assert futures.wait([quick, slow], timeout=60) == ({quick, slow}, set())
            # No limit: what is negative, what is None, what is not given.
            for limit in (-1, None, -0.5):
                f = futures.submit(square, 3)
                assert futures.wait([f], timeout=limit) == ({f}, set())
        """,
    )


def test_wait_return_when(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            slow = far(is_open)
            quick = futures.submit(square, 2)
            assert futures.wait([slow, quick], return_when=futures.FIRST_COMPLETED) == ({quick}, {slow})
            quick, bad = futures.submit(square, 2), futures.submit(fail, "x")
            done, not_done = futures.wait([slow, quick, bad], return_when="FIRST_EXCEPTION")
            assert bad in done and not_done >= {slow}
            open_gate()
            assert futures.wait([slow, quick], return_when="FIRST_EXCEPTION") == ({slow, quick}, set())
            assert futures.wait([slow, quick, bad], return_when="ALL_COMPLETED").not_done == set()
        """,
    )


# -- Future class --------------------------------------------------------------------------------------------


@everywhere
def test_submit_returns_a_future(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = futures.submit(int, "ff", base=16)
            assert type(future) is Future and future.result() == 255
        """,
    )


@everywhere
def test_future_constructor(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import inspect

        def main():
            names = [p.name for p in inspect.signature(Future).parameters.values()]
            assert names == ["parentId", "callable", "args", "kargs"]
            future = Future(None, int, "ff", base=16)
            assert not future.done() and not future.running() and not future.cancelled()
            assert future.result() == 255
            assert futures.wait([Future((0, 1), square, 3)]).done.pop().result() == 9
            assert Future(parentId=None, callable=dict, a=1).result() == {"a": 1}
            assert isinstance(Future(None, fail, "x").exception(), ValueError)
        """,
    )


@everywhere
def test_future_add_done_callback(scoop_run: RunScoop, n: int) -> None:
    err = check(
        scoop_run,
        n,
        """
        def main():
            heard, pids = [], []
            def bad(future):
                raise RuntimeError("the callback's own fault")
            future = futures.submit(is_open)
            future.add_done_callback(lambda f: heard.append(("first", f)))
            future.add_done_callback(bad)
            future.add_done_callback(lambda f: heard.append(("second", f)), "standard", None)
            future.add_done_callback(
                lambda f: heard.append(("third", f)), inCallbackType="standard", inCallbackGroup="g")
            future.add_done_callback(lambda f: pids.append(os.getpid()))
            assert heard == []
            open_gate()
            assert future.result() is True
            end = time.monotonic() + 60
            while not pids and time.monotonic() < end:  # another thread of this process may be at it
                time.sleep(0.005)
            assert heard == [("first", future), ("second", future), ("third", future)]  # in their order
            assert pids == [os.getpid()]
            # Completed or cancelled already: called at once. With the future as its only argument.
            future.add_done_callback(lambda *args, **kwargs: heard.append((args, kwargs)))
            assert heard[-1] == ((future,), {})
            cancelled = Future(None, square, 1)
            cancelled.add_done_callback(lambda f: heard.append("cancelled"))
            assert cancelled.cancel() and heard[-1] == "cancelled"
            cancelled.add_done_callback(lambda f: heard.append("again"))
            assert heard[-1] == "again"
            raises(ValueError, future.add_done_callback, print, "sometimes")
        """,
    )
    assert "the callback's own fault" in err  # logged and ignored


def test_future_add_done_callback_universal(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def note(future):
            with open(f"called-in-{os.getpid()}", "a") as file:
                file.write(f"{future.result()}\\n")

        def main():
            task = Future(None, os.getpid)
            task.add_done_callback(note, "universal")
            only_here = Future(None, square, 7)
            only_here.add_done_callback(note)
            for future in (task, only_here):
                assert futures.wait([future], timeout=0).not_done == {future}  # which offers it
                left_alone(future)
            there, here = task.result(), os.getpid()
            assert there != here
            def read(pid):
                try:
                    return sorted(open(f"called-in-{pid}").read().split())
                except FileNotFoundError:
                    return []
            assert read(there) == [str(there)]
            assert read(here) == sorted([str(there), "49"])
        """,
    )


@everywhere
def test_future_cancel_and_cancelled(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = Future(None, open_gate, "never")
            assert not future.cancelled()
            assert future.cancel() and future.cancelled() and future.done() and not future.running()
            assert future.cancel()  # again: it is cancelled
            raises(futures.CancelledError, future.result)
            raises(futures.CancelledError, future.exception)
            raises(futures.CancelledError, future.result, 1)
            done = futures.submit(square, 3)
            assert done.result() == 9 and not done.cancel() and not done.cancelled()
            assert not os.path.exists("never")
            # Of many, most have neither begun nor left.
            many = [futures.submit(time.sleep, 0.001) for _ in range(200)]
            verdicts = [f.cancel() for f in many]
            assert any(verdicts)
            futures.wait(many)
            assert verdicts == [f.cancelled() for f in many]
        """,
    )


def test_future_cancel_after_it_was_sent(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            future = far(is_open)
            assert future.running() and not future.cancel() and not future.cancelled()
            open_gate()
            assert future.result() is True
        """,
    )


@everywhere
def test_future_done(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = futures.submit(is_open)
            assert future.done() is False
            open_gate()
            while not future.done():
                time.sleep(0.005)
            assert future.done() is True and future.result() is True
            bad = futures.submit(fail, "x")
            bad.exception()
            assert bad.done() is True
            cancelled = Future(None, square, 1)
            cancelled.cancel()
            assert cancelled.done() is True
        """,
    )


@everywhere
def test_future_exception(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert futures.submit(square, 1).exception() is None
            bad = futures.submit(fail, "why")
            error = bad.exception()
            assert type(error) is ValueError and error.args == ("why",)
            assert bad.exception() is error and bad.exception(timeout=1) is error
            slow = futures.submit(is_open)
            raises(TimeoutError, slow.exception, timeout=0.1)
            raises(TimeoutError, slow.exception, 0)
            open_gate()
            assert slow.exception(60) is None
        """,
    )


@everywhere
def test_future_result(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert futures.submit(square, 5).result() == 25
            assert futures.submit(square, 5).result(timeout=60) == 25
            bad = futures.submit(fail, "why")
            error = raises(ValueError, bad.result)
            assert error is bad.exception() and raises(ValueError, bad.result) is error
            slow = futures.submit(is_open)
            raises(TimeoutError, slow.result, timeout=0.1)
            raises(TimeoutError, slow.result, 0)
            open_gate()
            assert slow.result(60) is True
            future = futures.submit(list)
            assert future.result() is future.result()  # one object, not a copy for each who asks
        """,
    )


@everywhere
def test_future_running(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = futures.submit(is_open)
            raises(TimeoutError, future.result, 0.2)  # while we wait, it is begun
            assert future.running() is True and not future.cancel()
            open_gate()
            future.result()
            assert future.running() is False
            assert Future(None, square, 1).running() is False
        """,
    )


# -- Shared module -------------------------------------------------------------------------------------------


@everywhere
def test_shared_shared_element_encapsulation(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            thrice = shared.SharedElementEncapsulation(lambda x: 3 * x)
            assert thrice(2) == 6
            assert list(futures.map(thrice, range(50))) == [3 * i for i in range(50)]
        """,
    )


@everywhere
def test_shared_get_const(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def read(name, timeout):
            return shared.getConst(name, timeout=timeout)

        def main():
            shared.setConst(table={"a": 1})
            assert shared.getConst("table") == {"a": 1}
            assert shared.getConst("table", 5) == {"a": 1}
            assert futures.submit(read, "table", 0).result() == {"a": 1}
            assert [t["a"] for t in futures.map(read, ["table"] * 20, [0.1] * 20)] == [1] * 20
            start = time.monotonic()
            assert shared.getConst("nothing", timeout=0.2) is None
            assert time.monotonic() - start >= 0.2
            assert shared.getConst("nothing", timeout=0) is None
        """,
    )


@everywhere
def test_shared_set_const(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert shared.setConst(one=1, two="two", function=square) is None
            assert (shared.getConst("one"), shared.getConst("two")) == (1, "two")
            assert shared.getConst("function")(3) == 9
            raises(TypeError, shared.setConst, one=3)  # defined once
            assert shared.getConst("one") == 1
        """,
    )


# -- Constants and objects -----------------------------------------------------------------------------------

CONSTANTS = """
def constants():
    return scoop.IS_ORIGIN, scoop.BROKER, scoop.DEBUG, scoop.IS_RUNNING, scoop.worker, os.getpid(), scoop.SIZE

def here_and_there():
    there = left_alone(futures.submit(constants))
    assert there.result()[5] != os.getpid()
    return constants(), there.result()
"""


def test_is_origin(scoop_run: RunScoop) -> None:
    body = """
        def main():
            here, there = here_and_there()
            assert here[0] is True and there[0] is False
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))
    check(scoop_run, 1, "def main():\n    assert scoop.IS_ORIGIN is True")


def test_broker(scoop_run: RunScoop) -> None:
    body = """
        import socket

        def main():
            for broker in (here_and_there()[0][1], here_and_there()[1][1]):
                assert broker._fields == ("hostname", "task_port", "info_port", "externalHostname")
                assert broker == (socket.gethostname(), None, None, socket.gethostname())
                assert type(broker).__name__ == "BrokerInfo"
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))


@pytest.mark.parametrize("debug", [False, True])
def test_debug(scoop_run: RunScoop, debug: bool) -> None:
    body = f"""
        def main():
            here, there = here_and_there()
            assert here[2] is {debug} and there[2] is {debug}
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body), options=("--debug",) if debug else ())


def test_is_running(scoop_run: RunScoop) -> None:
    body = """
        assert scoop.IS_RUNNING is True  # also while workers import the script

        def main():
            here, there = here_and_there()
            assert here[3] is True and there[3] is True
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))


def test_worker(scoop_run: RunScoop) -> None:
    body = """
        def main():
            here, there = here_and_there()
            assert isinstance(here[4], tuple) and len(here[4]) == len(there[4]) == 2
            assert here[4] != there[4]  # unique in the pool
            assert here[4].broker == there[4].broker == here[4][1]
            assert here[4].worker == here[4][0] and here[4].worker != there[4].worker
            assert here[6] == there[6] == 2
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))


def test_logger(scoop_run: RunScoop) -> None:
    body = """
        def say(text):
            scoop.logger.warning(text)
            scoop.logger.info("this is not to be seen")

        def main():
            assert isinstance(scoop.logger, logging.Logger)
            say("said in the origin")
            left_alone(futures.submit(say, "said on a worker")).result()
        """
    err = check(scoop_run, 2, body)
    assert sorted(err.splitlines()) == ["said in the origin", "said on a worker"]


def test_constants_in_a_program_started_plainly(scoop_run: RunScoop) -> None:
    run = scoop_run(
        """
        import logging
        import scoop
        from scoop import futures, shared, _types
        assert scoop.IS_RUNNING is False
        assert scoop.IS_ORIGIN is False
        assert scoop.BROKER is None
        assert scoop.worker is None
        assert scoop.DEBUG is False
        assert scoop.SIZE == 1
        assert isinstance(scoop.logger, logging.Logger)
        print("fine")
        """,
        plain=True,
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", "")
