"""Whatever a task does to the process it runs in, it fails alone or not at all, and the run goes on."""

import pytest

from faults.hostile import FORKS, Attack
from running import HOME

GOES_ON = """
def goes_on():
    \"\"\"Say whether tasks of all kinds still run, at home and elsewhere.\"\"\"
    by = 1
    assert far(give, 1) == 1 and far(lambda x: x + by, 1) == 2
    assert list(futures.map(give, range(50))) == list(range(50))
    return True

"""


def fine(attack: Attack, n: int, body: str) -> None:
    """Run the program; expect success and not a word on stderr."""
    run = attack(n, GOES_ON + body, env=FORKS)
    assert (run.status, run.err) == (0, ""), run.err
    assert run.out.endswith("fine\n")


def test_a_task_may_fork_and_its_child_may_end_in_any_way(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
def forks(how):
    child = os.fork()
    if not child:
        return how()
    return os.waitpid(child, 0)[0] == child

def leaves(): sys.exit(3)
def is_gone(): os._exit(3)

def tree(how):
    return all(futures.map(forks, [how] * 3))

def main():
    for how in time.time, leaves, is_gone:
        assert far(forks, how) is True
        if how is not time.time:
            assert far(tree, how) is True
        assert goes_on()
""",
    )


def test_the_error_of_a_child_that_a_task_forks_shows_the_users_frames(attack: Attack) -> None:
    run = attack(
        2,
        """
def fails():
    raise ValueError("in the child")

def forks():
    child = os.fork()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else fails()

def main():
    assert far(forks) == 1 and far(give, 1) == 1
""",
        env=FORKS,
    )
    assert (run.status, run.out) == (0, "fine\n")
    assert "in fails" in run.err
    assert HOME not in run.err


def test_the_status_of_a_child_that_a_task_forks_is_its_own(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
def forks():
    child = os.fork()
    if not child:
        sys.exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def main():
    assert far(forks) == 3
""",
    )


def test_a_task_that_ends_its_worker_fails_alone_and_is_told_how(attack: Attack) -> None:
    run = attack(
        2,
        GOES_ON
        + """
import ctypes
from scoop.errors import WorkerLost

def closes(): os.closerange(3, 256)
def crashes(): ctypes.string_at(0)
def gives_up(): os.abort()
def leaves(): os._exit(0)

def main():
    for task, words in (closes, "os.closerange"), (crashes, "SIGSEGV"), (gives_up, "SIGABRT"), (leaves, "os._exit"):
        error = send(futures.with_retries(task, 0)).exception()
        assert type(error) is WorkerLost and words in str(error) and task.__name__ in str(error), error
        assert goes_on()
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "in crashes" in run.err  # where it was
    assert "in gives_up" in run.err


def test_a_task_may_close_the_standard_streams(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
def closes_descriptors():
    for number in 0, 1, 2:
        os.close(number)

def closes_files():
    sys.stdout.close()
    sys.stderr.close()

class Odd:
    def write(self, text): raise ZeroDivisionError
    def flush(self): raise ZeroDivisionError

def replaces():
    sys.stdout = sys.stderr = Odd()

def removes():
    sys.stdout = sys.stderr = None

def main():
    for task in closes_files, replaces, removes, closes_descriptors:
        far(task)
        assert goes_on()
""",
    )


def test_an_interrupt_ends_a_program_whose_stream_cannot_be_flushed(attack: Attack) -> None:
    run = attack(
        2,
        """
class Odd:
    def write(self, text): return len(text)
    def flush(self): raise ZeroDivisionError

def main():
    sys.stdout = Odd()
    raise KeyboardInterrupt
""",
    )
    assert run.status == -2, run.err
    assert HOME not in run.err


def test_a_task_may_print_a_hundred_megabytes(attack: Attack) -> None:
    run = attack(
        2,
        """
def says():
    for _ in range(50):
        print("x" * 2_000_000)

def main():
    far(says)
""",
    )
    assert (run.status, run.err) == (0, "")
    assert len(run.out) == 50 * 2_000_001 + len("fine\n")


def test_a_task_may_change_its_process(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
import gc, resource, signal, warnings

def moves():
    os.mkdir("deep"); os.chdir("deep"); os.rmdir("../deep")
def clears_environment(): os.environ.clear()
def masks(): os.umask(0o777)
def lowers_recursion_limit(): sys.setrecursionlimit(200)  # an import of ours may need half of that
def ignores_signals():
    for number in signal.valid_signals():
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
def blocks_signals(): signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
def traces():
    def trace(*_): return trace
    threading.settrace(trace); sys.settrace(trace); sys.setprofile(trace)
def collects_nothing(): gc.disable()
def minds_warnings(): warnings.simplefilter("error")
def writes_no_files(): resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

TASKS = (moves, clears_environment, masks, lowers_recursion_limit, ignores_signals, blocks_signals, traces,
         collects_nothing, minds_warnings, writes_no_files)

def main():
    for task in TASKS:
        left_alone(futures.submit(task))
        assert goes_on(), task
""",
    )


def test_a_task_may_leave_threads_and_processes_behind(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
import subprocess

def leaves():
    threading.Thread(target=time.sleep, args=(300,)).start()
    threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
    threading.Thread(target=sys.exit).start()
    subprocess.Popen(["sleep", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def main():
    far(leaves)
    far(leaves)
    assert goes_on()
""",
    )


def test_odd_exceptions_come_home(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
import builtins

class ValueError(Exception): pass
class TimeoutError(Exception): pass
class KeyboardInterrupt(BaseException): pass
class Loop(Exception): pass

def throws(kind, *args): raise kind(*args)

def throws_large(): raise builtins.ValueError("x" * 20_000_000)

def throws_circle():
    a, b = KeyError("a"), KeyError("b")
    a.__cause__, b.__cause__, a.__context__, b.__context__ = b, a, b, a
    raise a

def throws_itself():
    error = Loop()
    error.me = error
    raise error

def main():
    for kind in ValueError, TimeoutError, KeyboardInterrupt, MemoryError:  # named like those of python, and one of it
        assert type(send(throws, kind, "x").exception()) is kind
        assert type(futures.submit(throws, kind, "x").exception()) is kind
    assert len(send(throws_large).exception().args[0]) == 20_000_000
    for run in send, futures.submit:
        assert run(throws_circle).exception().args == ("a",)
        error = run(throws_itself).exception()
        assert error.me is error
    assert goes_on()
""",
    )


def test_objects_whose_every_method_ends_the_program_do_no_harm(attack: Attack) -> None:
    fine(
        attack,
        2,
        """
class Dark:
    def __eq__(self, other): raise SystemExit
    def __hash__(self): raise SystemExit
    def __bool__(self): raise SystemExit
    def __len__(self): raise SystemExit
    def __repr__(self): raise SystemExit
    __str__ = __repr__
    def __call__(self, *args): return 7

class Fading:
    def __del__(self): raise SystemExit

def fades(): Fading()

def main():
    sys.unraisablehook = lambda _: None  # python has its own words about __del__
    dark = Dark()
    assert isinstance(far(give, dark), Dark)
    assert send(dark).result() == futures.submit(dark).result() == 7
    assert list(futures.map(dark, [dark] * 10)) == [7] * 10
    assert futures.mapReduce(give, max, range(9)) == 8
    future = futures.submit(give, 1)
    future.add_done_callback(dark)
    assert future.result() == 1 and goes_on()
    futures.submit(fades).result()
    assert goes_on()
""",
    )


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGKILL", "SIGALRM", "SIGUSR1"])
def test_a_task_that_strikes_its_own_worker_fails_alone_or_not_at_all(attack: Attack, signal: str) -> None:
    fine(
        attack,
        2,
        f"""
import signal

def strikes():
    os.kill(os.getpid(), signal.{signal})
    return "alive"

def main():
    future = send(futures.with_retries(strikes, 0))
    if signal.{signal} == signal.SIGUSR1:
        assert future.result() == "alive"
    else:
        assert "{signal}" in str(future.exception())
    assert goes_on()
""",
    )
