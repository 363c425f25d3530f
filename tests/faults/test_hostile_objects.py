"""Whatever the user's own objects do when they are named, shown, pickled or called back, no future is lost."""

import pytest

from faults.hostile import Attack
from running import HOME

STUCK = """
class Mute(Exception):
    def __str__(self):
        {words}

class Stays:
    def __reduce__(self):
        raise Mute

def take(tripwire, stays):
    return 5

def main():
    assert tried(take, Stays()).result() == 5
    assert far(give, 1) == 1
"""


@pytest.mark.parametrize(
    "words",
    [
        "1 / 0",
        "sys.exit(3)",
        "return str(self)",
    ],
)
def test_a_problem_of_pickling_that_cannot_be_shown_loses_no_task(attack: Attack, words: str) -> None:
    run = attack(2, STUCK.format(words=words))
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert len(run.err.splitlines()) == 1, run.err
    assert "take" in run.err


PROXY = """
class Proxy:
    \"\"\"Looks up what it has not got, and raises KeyError, as many a proxy does.\"\"\"
    def __getattr__(self, name):
        return {}[name]
"""


def test_a_callable_that_cannot_be_named_or_sent_runs_at_home(attack: Attack) -> None:
    run = attack(
        2,
        PROXY
        + """
    def __call__(self):
        return 5
    def __reduce__(self):
        raise TypeError("it stays")

def main():
    assert left_alone(futures.submit(Proxy())).result() == 5
    assert far(give, 1) == 1
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert HOME not in run.err


def test_a_callable_that_cannot_be_named_is_reported_lost(attack: Attack) -> None:
    run = attack(
        2,
        PROXY
        + """
    def __call__(self):
        os._exit(3)

def main():
    error = send(futures.with_retries(Proxy(), 0)).exception()
    assert type(error).__name__ == "WorkerLost" and "Proxy" in str(error), error
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_arguments_whose_repr_ends_the_program_are_reported_lost(attack: Attack) -> None:
    run = attack(
        2,
        """
class Evil:
    def __init__(self, kind):
        self.kind = kind
    def __repr__(self):
        raise self.kind

def leave(evil):
    os._exit(3)

def main():
    for kind in ValueError, SystemExit, KeyboardInterrupt, GeneratorExit:
        error = send(futures.with_retries(leave, 0), Evil(kind)).exception()
        assert type(error).__name__ == "WorkerLost" and "leave(<Evil" in str(error), error
    assert far(give, 1) == 1
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


CALLBACK = """
def exits(future):
    sys.exit(3)

"""


def test_a_callback_that_exits_keeps_nobody_waiting(attack: Attack) -> None:
    run = attack(
        2,
        CALLBACK
        + """
def main():
    future = taken(is_open)
    called = []
    future.add_done_callback(exits)
    future.add_done_callback(called.append)
    open_gate()
    assert future.result() is True and called == [future]
    assert far(give, 1) == 1
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_a_callback_that_exits_keeps_no_other_from_being_called(attack: Attack) -> None:
    run = attack(
        1,
        CALLBACK
        + """
def main():
    future = futures.submit(give, 1)
    called = []
    future.add_done_callback(exits)
    future.add_done_callback(called.append)
    try:
        future.result()
    except SystemExit:
        pass
    assert called == [future]
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_a_universal_callback_that_exits_costs_no_worker(attack: Attack) -> None:
    run = attack(
        2,
        CALLBACK
        + """
import psutil

def workers():
    return {process.pid for process in psutil.Process().children(recursive=True)}

def main():
    until(lambda: len(workers()) == scoop.SIZE + 2)  # with the broker and its watchdog
    before = workers()
    future = Future(None, give, 5)
    future.add_done_callback(exits, "universal")
    futures.wait([future], timeout=0)
    until(future.done)
    assert future.result() == 5
    assert far(give, 1) == 1 and workers() == before
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_an_exception_that_unpickles_as_no_exception_comes_home(attack: Attack) -> None:
    run = attack(
        2,
        """
class Odd(Exception):
    def __reduce__(self):
        return int, (5,)

def throw():
    raise Odd("words of mine")

def main():
    error = send(throw).exception()
    assert type(error) is Odd, repr(error)
    assert far(give, 1) == 1
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


FROZEN = """
import dataclasses

@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    x: int

def throw(x):
    raise Frozen(x)

"""


def test_a_frozen_dataclass_exception_comes_home(attack: Attack) -> None:
    run = attack(
        2,
        FROZEN
        + """
def main():
    error = send(throw, 4).exception()
    assert type(error) is Frozen and error.x == 4, repr(error)
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_a_frozen_exception_ends_its_task_at_home(attack: Attack) -> None:
    run = attack(
        1,
        FROZEN
        + """
def main():
    future = futures.submit(throw, 4)
    try:
        future.result()
    except Exception as error:
        assert type(error) is Frozen, repr(error)
    assert type(future.exception()) is Frozen
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_an_uncaught_frozen_exception_reads_as_under_plain_python(attack: Attack) -> None:
    source = FROZEN + 'if scoop.IS_ORIGIN or __name__ == "__main__":\n    throw(3)\n'
    run = attack(2, source, main=False)
    assert run.status == 1
    assert run.err.count("Error") == 0, run.err
    assert HOME not in run.err


UNPICKLES = """
from scoop.errors import ResultNotSent

class Mute(Exception):
    def __str__(self):
        raise ZeroDivisionError

class Mine(BaseException):
    pass

class OneWay:
    def __init__(self, kind):
        self.kind = kind
    def __reduce__(self):
        return fall, (self.kind,)

def fall(kind):
    raise kind("fallen")
"""


@pytest.mark.parametrize(
    "kind",
    ["OSError", "Mute", "Mine", "SystemExit", "KeyboardInterrupt", "GeneratorExit"],
)
def test_a_result_that_does_not_unpickle_fails_its_future(attack: Attack, kind: str) -> None:
    run = attack(
        2,
        UNPICKLES
        + f"""
def main():
    future = send(OneWay, {kind})
    assert type(future.exception()) is ResultNotSent
    assert far(give, 1) == 1
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_arguments_that_do_not_unpickle_fail_their_task_alone(attack: Attack) -> None:
    run = attack(
        2,
        UNPICKLES
        + """
def main():
    for kind in OSError, Mute, Mine, SystemExit, KeyboardInterrupt, GeneratorExit:
        assert send(give, OneWay(kind)).exception() is not None
        assert far(give, 1) == 1
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_a_class_of_any_metaclass_is_a_task_like_any_other(attack: Attack) -> None:
    run = attack(
        2,
        """
class Meta(type):
    def __bool__(cls):
        raise ZeroDivisionError

class Made(metaclass=Meta):
    pass

def main():
    for _ in range(2):
        assert isinstance(send(Made).result(), Made)
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_after_a_callback_tasks_leave_the_origin_as_before(attack: Attack) -> None:
    run = attack(
        2,
        """
def take_a_moment(future):
    time.sleep(0.05)

def main():
    for number in range(5):
        future = taken(is_open, f"gate-{number}")
        future.add_done_callback(take_a_moment)
        threading.Timer(0.05, open_gate, (f"gate-{number}",)).start()
        assert future.result() is True
        assert far(give, number) == number  # while the program does something else than to wait for it
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err
