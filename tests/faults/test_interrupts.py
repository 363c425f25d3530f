"""Ctrl-C, at whatever moment, is one KeyboardInterrupt of the program's, and ends all of the run."""

import random
import signal
from pathlib import Path

import pytest

from faults.hostile import Attack, Struck
from faults.moments import MOMENTS
from running import HOME, Run, write


def interrupted(run: Run) -> None:
    """Expect the end that plain python gives a program at Ctrl-C."""
    assert run.status == -signal.SIGINT, run
    assert run.err.count("Traceback (most recent call last)") == 1, run.err
    assert run.err.endswith("KeyboardInterrupt\n"), run.err
    assert HOME not in run.err, run.err


@pytest.mark.parametrize("whom", ["group", "origin"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_control_c_ends_a_program_whatever_it_is_doing(tmp_path: Path, moment: str, whom: str) -> None:
    struck = Struck(tmp_path, MOMENTS[moment])
    struck.until("ready")
    struck.strike(signal.SIGINT, whom)
    interrupted(struck.end())


def test_control_c_right_at_the_start_shows_one_traceback(tmp_path: Path) -> None:
    slow = "import os, time; os.register_at_fork(after_in_child=lambda: time.sleep(0.5))"
    write(tmp_path / "slow/sitecustomize.py", slow)
    body = """
        def main():
            os.killpg(0, 2)
            time.sleep(300)
        """
    interrupted(Struck(tmp_path, body, env={"PYTHONPATH": str(tmp_path / "slow")}).end())


def test_control_c_is_not_lost_while_pickling_takes_long(attack: Attack) -> None:
    run = attack(
        2,
        """
        class Slow:
            def __reduce__(self):
                if threading.current_thread() is threading.main_thread() and not struck:
                    struck.append(True)
                    os.kill(os.getpid(), 2)
                    time.sleep(1.5)
                return int, ()

        struck = []

        def submit_slow_ones():  # a function: of a while within a try, python leaves the jump back outside the try
            end = time.monotonic() + 60
            while time.monotonic() < end:
                futures.wait([futures.submit(give, Slow()) for _ in range(5)])

        def main():
            send(give, 1)
            try:
                submit_slow_ones()
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("it is lost")
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


@pytest.mark.parametrize("wait", ["future.result()", "future.result(300)", "shared.getConst('never', timeout=300)"])
def test_control_c_is_not_lost_as_a_thread_falls_asleep(attack: Attack, wait: str) -> None:
    run = attack(
        2,
        f"""
        import _thread

        def main():
            future = taken(is_open)
            # It is noted, and nobody is woken: as when it comes between python's last look and the sleep.
            threading.Timer(0.5, _thread.interrupt_main).start()
            try:
                {wait}
            except KeyboardInterrupt:
                assert not future.done(), "only the end of the wait has shown it"
                open_gate()
            else:
                raise AssertionError("it is lost")
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_control_c_is_not_lost_in_a_callback(attack: Attack) -> None:
    run = attack(
        3,
        """
        def strike(future):
            names, frame = [], sys._getframe()
            while frame is not None:
                names.append(frame.f_code.co_name)
                frame = frame.f_back
            here = threading.current_thread() is threading.main_thread()
            if here and "make_deferred_call" in names and not struck:
                struck.append(True)
                os.kill(os.getpid(), 2)
            time.sleep(0.02)

        struck = []

        def submit_until_struck():
            while not struck:
                fs = [futures.submit(give, x) for x in range(200)]
                until(lambda: any(f.running() or f.done() for f in fs))
                away = [f for f in fs if f.running()]
                for future in away:
                    future.add_done_callback(strike)
                futures.wait(fs)

        def main():
            send(give, 1)
            try:
                submit_until_struck()
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("it is lost")
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


@pytest.mark.parametrize("within", ["time.sleep(300)", "future.result()", "left_alone(future)"])
def test_a_second_control_c_ends_a_program_at_once(tmp_path: Path, within: str) -> None:
    struck = Struck(
        tmp_path,
        f"""
        import signal

        def again():
            is_open("second")
            os.killpg(0, signal.SIGINT)

        def main():
            threading.Thread(target=again, daemon=True).start()
            future = taken(is_open, "never")
            try:
                open_gate("ready")
                future.result()
            except KeyboardInterrupt:
                open_gate("second")
                raise
            finally:
                {within}
        """,
    )
    struck.until("ready")
    struck.strike(signal.SIGINT)
    assert struck.end().status == -signal.SIGINT


@pytest.mark.parametrize(
    "hangs",
    [
        'threading.Thread(target=is_open, args=("never",)).start()',
        "atexit.register(time.sleep, 300)",
    ],
)
def test_a_second_control_c_ends_a_program_that_hangs_at_its_end(tmp_path: Path, hangs: str) -> None:
    struck = Struck(
        tmp_path,
        f"""
        import atexit

        def main():
            {hangs}
            sys.excepthook = lambda *_: open_gate("reported")
            open_gate("ready")
            is_open("never")
        """,
    )
    struck.until("ready")
    struck.strike(signal.SIGINT)
    struck.until("reported")
    struck.strike(signal.SIGINT)
    assert struck.end().status == -signal.SIGINT


def test_a_program_that_catches_control_c_goes_on_using_futures(tmp_path: Path) -> None:
    struck = Struck(
        tmp_path,
        """
        def nest(x):
            return sum(futures.map(square, range(x)))

        def main():
            fs = [futures.submit(is_open) for _ in range(3)]
            try:
                open_gate("ready")
                futures.wait(fs)
            except KeyboardInterrupt:
                open_gate()
            assert all(isinstance(f.exception(), KeyboardInterrupt | None) for f in fs)
            assert list(futures.map(nest, range(8))) == [0, 0, 1, 5, 14, 30, 55, 91]
        """,
    )
    struck.until("ready")
    struck.strike(signal.SIGINT)
    assert struck.end() == Run(0, "fine\n", "")


@pytest.mark.parametrize("task", ["give", "abs", "sorted"])  # in python, in C, and in C with what is in python
def test_no_future_is_lost_to_control_c(attack: Attack, task: str) -> None:
    run = attack(
        1,
        f"""
        from scoop.engine.process import signal_guard

        signal_guard.SECOND_INTERRUPT = -1.0  # so that any number may come, as in a session

        class Number(int):
            def __iter__(self):
                yield self

        fs = []
        ready = threading.Semaphore(0)

        def strike():
            for _ in range(200):
                ready.acquire()
                time.sleep(0.002)
                os.kill(os.getpid(), 2)

        def submit_for_ever():
            while True:
                fs.append(futures.submit({task}, Number(1)))
                fs[-1].result()
                if len(fs) > 10000:
                    del fs[:5000]

        def be_struck():
            try:
                ready.release()
                submit_for_ever()
            except KeyboardInterrupt:
                pass

        def main():
            threading.Thread(target=strike).start()
            for _ in range(200):
                be_struck()
            for future in fs:
                assert isinstance(future.exception(timeout=60), KeyboardInterrupt | None)
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


BUSY = """
    def tree(n):
        return n if n < 2 else sum(futures.map(tree, [n - 1, n - 2]))

    def main():
        if scoop.SIZE > 1:
            send(give, 1)  # so that all are up
        open_gate("ready")
        while True:
            assert sum(futures.map(tree, [10] * 6)) == 330
            futures.mapReduce(give, max, range(300))
            assert sum(futures.map_as_completed(tree, range(10))) == 88
"""


def test_control_c_at_random_moments_always_ends_the_run(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        struck = Struck(folder, BUSY, n=dice.choice([1, 2, 3]))
        struck.until("ready")
        signal.sigtimedwait([], dice.random() * 0.4)  # any moment will do
        struck.strike(signal.SIGINT, dice.choice(["group", "origin"]))
        interrupted(struck.end())
