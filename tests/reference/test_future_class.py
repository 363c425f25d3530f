"""The rows of the reference's "Future class", in its order: one test for each, named after it."""

from running import RunScoop
from scripts import check, everywhere, start


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
    run = start(
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
            until(lambda: pids)  # another thread of this process may be at it
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
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "the callback's own fault" in run.err  # logged and ignored


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
            many = [futures.submit(time.sleep, 0.01) for _ in range(200)]
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
            future = taken(is_open)
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
            until(future.done)
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
            assert bad.exception() is error and bad.exception(timeout=60) is error
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
            raises(TimeoutError, future.result, 0.2)  # while we wait, or soon after, it is begun
            until(future.running)
            assert future.running() is True and not future.cancel()
            open_gate()
            future.result()
            assert future.running() is False
            assert Future(None, square, 1).running() is False
        """,
    )
