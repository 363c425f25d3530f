"""Signals to the program alone, or to all of a run, end it or are handled as under plain python."""

import signal
from pathlib import Path

import pytest

from faults.hostile import Attack, Struck
from running import Run

WAITS = """
    def main():
        send(give, 1)
        future = taken(is_open)
        open_gate("ready")
        future.result()
"""


def test_a_signal_handler_may_raise_while_the_program_waits(attack: Attack) -> None:
    run = attack(
        2,
        """
        import signal

        class Late(Exception):
            pass

        def late(*_):
            raise Late

        def begun_and_open():
            open_gate("begun")
            return is_open()

        def two():
            return list(futures.map(meet, ["here"] * 2, range(2), [2] * 2))

        def main():
            signal.signal(signal.SIGALRM, late)
            future = taken(begun_and_open)
            is_open("begun")  # on the other worker: this one is here
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            raises(Late, future.result)
            open_gate()
            assert future.result() is True
            assert len(set(taken(two).result())) == 2  # one of them in the origin
        """,
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_what_a_signal_handler_raises_reaches_the_program(attack: Attack) -> None:
    run = attack(
        1,
        """
        import signal

        def work():
            os.kill(os.getpid(), signal.SIGTERM)
            return 1

        def main():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
            futures.wait([futures.submit(work)])
        """,
    )
    assert (run.status, run.out) == (7, ""), run.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2])
@pytest.mark.parametrize("whom", ["group", "origin"])
def test_a_signal_that_is_not_handled_ends_the_run(tmp_path: Path, number: int, whom: str) -> None:
    struck = Struck(tmp_path, WAITS)
    struck.until("ready")
    struck.strike(number, whom)
    run = struck.end()
    assert (run.status, run.out, run.err) == (-number, "", "")


HANDLED = """
    import signal
    import psutil

    def run():
        return sorted(process.pid for process in psutil.Process().children(recursive=True))

    def main():
        calls = []
        signal.signal({number}, lambda *_: calls.append(1))
        until(lambda: len(run()) == scoop.SIZE + 2)  # the broker, its watchdog, the workers
        before = run()
        future = taken(is_open)
        open_gate("ready")
        until(lambda: calls)
        open_gate()
        assert future.result() is True and list(futures.map(give, range(9))) == list(range(9))
        if {number} != signal.SIGTERM:  # which ends workers
            assert run() == before
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_to_all_that_the_program_handles_ends_nothing(tmp_path: Path, number: int) -> None:
    struck = Struck(tmp_path, HANDLED.format(number=int(number)))
    struck.until("ready")
    struck.strike(number)
    assert struck.end() == Run(0, "fine\n", "")


def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    struck = Struck(
        tmp_path,
        """
        def main():
            future = taken(is_open, "go")
            open_gate("ready")
            assert future.result() is True and list(futures.map(give, range(9))) == list(range(9))
        """,
    )
    struck.until("ready")
    for _ in range(3):
        struck.strike(signal.SIGSTOP)
        struck.strike(signal.SIGCONT)
    struck.strike(signal.SIGSTOP)
    struck.open_gate("go")
    struck.strike(signal.SIGCONT)
    assert struck.end() == Run(0, "fine\n", "")
