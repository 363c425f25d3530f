"""Handlers of the program's own that raise, or that use futures, at any moment: no future is lost, nothing hangs."""

import pytest

from running import RunScoop
from scripts import check

ALARMS = """
    import random, signal

    class Late(Exception):
        pass

    def raise_late(*_):
        raise Late

    TIMERS = {
        "SIGALRM": (signal.SIGALRM, signal.ITIMER_REAL),
        "SIGVTALRM": (signal.SIGVTALRM, signal.ITIMER_VIRTUAL),
        "SIGPROF": (signal.SIGPROF, signal.ITIMER_PROF),
    }

    def limited(timer, seconds, function):
        \"\"\"Call a function, and have a signal strike it that raises; return whether that came.\"\"\"
        number, which = TIMERS[timer]
        signal.signal(number, raise_late)
        try:
            try:
                signal.setitimer(which, seconds)
                function()
            finally:
                signal.setitimer(which, 0)
        except Late:
            return True
        return False

    def outcome(task):
        try:
            return task.result(timeout=60)
        except Late:  # the handler struck the task itself
            return Late

    def still_right():
        assert list(futures.map(square, range(500))) == [x * x for x in range(500)]
        tasks = [futures.submit(square, x) for x in range(50)]
        assert [task.result(timeout=60) for task in tasks] == [x * x for x in range(50)]
        return True

    def strike_all(work, timer="SIGALRM"):
        \"\"\"Strike the work after more and more time; return how often it was struck.\"\"\"
        rng = random.Random(work.__name__)
        struck = 0
        for round in range(60):
            struck += limited(timer, 0.0003 + 0.004 * rng.random(), work)
            assert still_right(), round
        assert struck, "no signal came in time: nothing is shown"

    """

workers = pytest.mark.parametrize("n", [1, 2, 3])
timers = pytest.mark.parametrize("timer", ["SIGALRM", "SIGVTALRM", "SIGPROF"])

BURNERS = {
    "submit": "tasks.append(futures.submit(square, 3))",
    "submit and result": "futures.submit(square, 3).result()",
    "map": "list(futures.map(square, range(200)))",
    "map of a stream": "list(futures.map(square, iter(range(200))))",
    "map as completed": "list(futures.map_as_completed(square, range(200)))",
    "reduction": "futures.mapReduce(square, add, range(50))",
    "scan": "futures.mapScan(square, add, range(50))",
    "wait": "futures.wait([futures.submit(square, x) for x in range(20)])",
    "wait with a timeout": "futures.wait([futures.submit(square, x) for x in range(20)], timeout=5)",
    "as completed": "list(futures.as_completed([futures.submit(square, x) for x in range(20)]))",
    "result with a timeout": "futures.submit(square, 3).result(timeout=5)",
    "nested": "futures.submit(nested, 4).result()",
    "napping map": "list(futures.map(nap, range(20)))",
    "constants": "constant()",
}


@workers
@pytest.mark.parametrize("what", BURNERS)
def test_an_alarm_that_raises_leaves_all_later_work_right(scoop_run: RunScoop, n: int, what: str) -> None:
    body = f"""
    tasks = []

    def add(a, b):
        return a + b

    def nap(x):
        time.sleep(0.0005)
        return x

    def nested(depth):
        return depth and sum(futures.map(nested, [depth - 1] * 2))

    def constant():
        shared.getConst("never", timeout=0.001)
        list(futures.map(square, range(20)))

    def work():
        while True:
            {BURNERS[what]}

    def main():
        strike_all(work)
        assert {{outcome(task) for task in tasks}} <= {{9, Late}}
    """
    check(scoop_run, n, ALARMS + body)


@pytest.mark.parametrize("n", [1, 3])
@timers
def test_every_timer_may_raise(scoop_run: RunScoop, n: int, timer: str) -> None:
    body = f"""
    tasks = []

    def work():
        while True:
            tasks.append(futures.submit(square, 3))
            list(futures.map(square, range(100)))
            tasks[-1].result()

    def main():
        strike_all(work, "{timer}")
        assert {{outcome(task) for task in tasks}} <= {{9, Late}}
    """
    check(scoop_run, n, ALARMS + body)


@workers
def test_no_future_is_lost_to_an_alarm(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        rng = random.Random(1)
        for round in range(25):
            tasks = []
            def work():
                for x in range(2000):
                    tasks.append(futures.submit(give, x))
                for task in tasks:
                    task.result()
                time.sleep(0.01)
            limited("SIGALRM", 0.0005 + 0.004 * rng.random(), work)
            values = [outcome(task) for task in tasks]
            assert all(value in (x, Late) for x, value in enumerate(values)), round
            assert values.count(Late) <= 1, round
    """
    check(scoop_run, n, ALARMS + body)


HANDLERS = {
    "submits": "kept.append(futures.submit(square, 5))",
    "waits": "kept.append(futures.submit(square, 5)); assert kept[-1].result(timeout=60) == 25",
    "maps": "assert list(futures.map(square, range(5))) == [0, 1, 4, 9, 16]",
    "looks": "futures.wait(kept, timeout=0); [task.done() for task in kept]",
}


@workers
@pytest.mark.parametrize("what", HANDLERS)
@pytest.mark.parametrize("number", ["SIGUSR1", "SIGALRM"])
def test_a_handler_may_use_futures(scoop_run: RunScoop, n: int, what: str, number: str) -> None:
    body = f"""
    kept, calls = [], []
    busy = threading.Lock()

    def handler(*_):
        if busy.acquire(blocking=False):  # one at a time
            try:
                {HANDLERS[what]}
                calls.append(True)
            finally:
                busy.release()

    def strike():
        while not ended.wait(0.002):
            os.kill(os.getpid(), signal.{number})

    ended = threading.Event()

    def main():
        signal.signal(signal.{number}, handler)
        thread = threading.Thread(target=strike)
        thread.start()
        try:
            for round in range(40):
                still_right()
                futures.wait([futures.submit(square, x) for x in range(20)], timeout=5)
        finally:
            ended.set()
            thread.join()
        still_right()
        assert calls, "the handler was never called: nothing is shown"
        assert all(task.result() == 25 for task in kept)
    """
    check(scoop_run, n, ALARMS + body)


@pytest.mark.parametrize("n", [2, 3])
def test_a_handler_may_send_while_large_messages_are_sent(scoop_run: RunScoop, n: int) -> None:
    body = """
    kept = []
    busy = threading.Lock()
    ended = threading.Event()

    def size(data):
        return len(data)

    def handler(*_):
        if busy.acquire(blocking=False):
            try:
                kept.append(futures.submit(size, b"x" * 50_000))
            finally:
                busy.release()

    def strike():
        while not ended.wait(0.001):
            os.kill(os.getpid(), signal.SIGUSR1)

    def main():
        signal.signal(signal.SIGUSR1, handler)
        thread = threading.Thread(target=strike)
        thread.start()
        try:
            for round in range(20):
                assert list(futures.map(size, [b"y" * 60_000] * 50)) == [60_000] * 50
                shared.setConst(**{f"c{round}": b"z" * 60_000})
                shared.delConst(f"c{round}")
        finally:
            ended.set()
            thread.join()
        assert kept and {task.result() for task in kept} == {50_000}
    """
    check(scoop_run, n, ALARMS + body)


@workers
def test_handlers_in_tasks_that_raise_strike_those_tasks_alone(scoop_run: RunScoop, n: int) -> None:
    body = """
    def struck(x):
        if threading.current_thread() is not threading.main_thread():
            return x  # python runs handlers in the main thread only
        signal.signal(signal.SIGALRM, raise_late)
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.002)
                time.sleep(0.5)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Late:
            pass
        return x

    def main():
        assert list(futures.map(struck, range(40))) == list(range(40))
        tasks = [futures.submit(struck, x) for x in range(20)]
        assert [task.result(timeout=100) for task in tasks] == list(range(20))
        still_right()
    """
    check(scoop_run, n, ALARMS + body)
