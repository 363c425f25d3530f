"""Programs whose workers die at a chosen place in SCOOP's own code, four times, each time in another way.

A program is made of the helpers in ``scripts.py``, those below, a seam (a few lines that put ``die_here()`` where it
is to be) and a workload that is sure to come there. A worker notes its death just before it dies, so a test knows
that the deaths took place, and where.
"""

from scripts import PRELUDE

__all__ = [
    "BRANCHES",
    "FLAT",
    "HELPERS",
    "LADEN",
    "MANY",
    "MAP",
    "NOISY_DEATHS",
    "PARTS",
    "REDUCE",
    "RETIRE",
    "STEAL",
    "SUSPEND",
    "TREE",
    "UNWANTED",
]

NOISY_DEATHS = 2
"""Those of the four of which the interpreter says, on standard error, where they were."""

HELPERS = (
    PRELUDE
    + '''
import operator, pickle, resource, signal
from scoop.engine import runtime
from scoop.engine.threads.fibers import Fibers
from scoop.engine.stealing.inbox import Inbox
from scoop.engine.offers.outbox import Outbox
from scoop.engine.stealing.result_sender import ResultSender
from scoop.engine.scheduler import Scheduler
from scoop.engine.stealing.stealing import Stealing
from scoop.maps.received_chunk import ReceivedChunk
from scoop.wire import messages
from scoop.wire.messages import *

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

WAYS = (
    lambda: signal.raise_signal(signal.SIGSEGV),
    os.abort,
    lambda: os._exit(3),
    lambda: os.kill(os.getpid(), signal.SIGKILL),
)

def deaths():
    """Return how many workers have died here."""
    return sum(os.path.exists(f"died-{number}") for number in range(len(WAYS)))

def all_died():
    return deaths() == len(WAYS)

doomed = False
choosing = threading.Lock()

def choose_death():
    """Return what ends this process, and note that it will; None for the origin, and if enough have died."""
    global doomed
    if scoop.IS_ORIGIN:
        return None
    choosing.acquire()  # and keep it: a process dies once, whatever other threads of it come to
    doomed = True
    for number, way in enumerate(WAYS):
        try:
            os.close(os.open(f"died-{number}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return way
    doomed = False
    choosing.release()
    return None

def die_here():
    """End this process, unless it is the origin, or enough have come here and died."""
    way = choose_death()
    if way is not None:
        way()

def always(*args):
    return True

def before(owner, name, when=always):
    """Have workers die as they enter a method, whenever a condition on its arguments holds."""
    method = getattr(owner, name)

    def entered(*args, **kwargs):
        if when(*args, **kwargs):
            die_here()
        return method(*args, **kwargs)

    setattr(owner, name, entered)

def after(owner, name, when=always):
    """Have workers die as they leave a method, whenever a condition on its arguments holds."""
    method = getattr(owner, name)

    def left(*args, **kwargs):
        result = method(*args, **kwargs)
        if when(*args, **kwargs):
            die_here()
        return result

    setattr(owner, name, left)

class Cut:
    """A socket on which frames of one type end the process: when a part of it, from 0 to 1, has been sent."""

    def __init__(self, sock, message_type, part):
        self._sock, self._kind, self._part = sock, messages._KINDS[message_type], part

    def sendall(self, frame):
        self._die_within(frame, self._sock.sendall)
        self._sock.sendall(frame)

    def sendmsg(self, buffers, descriptors):
        """Send what has large buffers beside it."""
        self._die_within(buffers[0], lambda part: part and self._sock.sendmsg([part], descriptors))
        return self._sock.sendmsg(buffers, descriptors)

    def _die_within(self, frame, send):
        way = choose_death() if frame and frame[0] == self._kind else None
        if way is not None:
            send(frame[:int(len(frame) * self._part)])
            way()

    def __getattr__(self, name):
        return getattr(self._sock, name)

class Large:
    """An object with a buffer that travels beside the message."""

    def __init__(self, content):
        self.content = content

    def __reduce__(self):
        return Large, (pickle.PickleBuffer(self.content),)

    def __eq__(self, other):
        return bytes(self.content) == bytes(other.content)

def large(x):
    return Large(bytes([x % 251]) * 300_000)

def cut(message_type, part):
    """Have workers die while they send a message of this type."""
    if not scoop.IS_ORIGIN:
        client = runtime.constants._send.__self__
        client._sock = Cut(client._sock, message_type, part)

def gather(started, expected):
    """See that every future has its result, and that each of those who wait has heard of it once."""
    told = []
    for future in started:
        future.add_done_callback(told.append)
    ended = list(futures.as_completed(started))
    assert len(ended) == len(set(ended)) == len(started)
    assert [future.result() for future in started] == expected
    until(lambda: len(told) >= len(started))
    assert len(told) == len(set(told)) == len(started)
    assert all_died(), f"only {deaths()} died"

def work(x, ballast=b""):
    """A task that the origin does not end before the workers have had their chance to die."""
    if scoop.IS_ORIGIN:
        until(all_died)
    return x * x
'''
)

FLAT = """
    SIZE, BALLAST = 40, b""

    def main():
        gather([futures.submit(work, x, BALLAST) for x in range(SIZE)], [x * x for x in range(SIZE)])
"""
"""Many tasks, all the origin's, which works too."""

MANY = FLAT.replace("40", "2000")
"""As FLAT, with so many that some are left after each death though those that ended are answered for."""

TREE = """
    def parent(size):
        children = [futures.submit(work, x) for x in range(size)]
        # Some of them are to leave, whoever is killed by that.
        until(lambda: all_died() or len(runtime.current.ready) < size)
        return sum(child.result() for child in children)

    def main():
        gather([send(parent, 20)], [sum(x * x for x in range(20))])
"""
"""A task on a worker that has tasks of its own, for which other workers wait."""

LADEN = """
    def laden(x, argument):
        assert argument == large(x)
        work(x)
        return large(x + 1)

    def main():
        gather([futures.submit(laden, x, large(x)) for x in range(20)], [large(x + 1) for x in range(20)])
"""
"""Tasks with large arguments and results."""

MAP = """
    def main():
        assert list(futures.map(work, range(400))) == [x * x for x in range(400)]
        assert all_died(), f"only {deaths()} died"
        assert sorted(futures.map_as_completed(work, range(400))) == [x * x for x in range(400)]
        assert list(futures.map(work, iter(range(400)))) == [x * x for x in range(400)]
"""
"""A map, of which every worker gets a part."""

REDUCE = """
    def main():
        assert futures.mapReduce(work, operator.add, range(400)) == sum(x * x for x in range(400))
        assert all_died(), f"only {deaths()} died"
"""
"""A map whose parts are reduced where they are."""

BRANCHES = """
    def row(x):
        time.sleep(0.0002)  # or it would not be worth giving any of them away
        return work(x)

    def branch(size):
        return sum(futures.map(row, range(size)))

    def main():
        while not all_died():
            assert send(branch, 100).result() == sum(x * x for x in range(100))
        gather([futures.submit(branch, 10) for _ in range(10)], [sum(x * x for x in range(10))] * 10)
"""
"""A map on a worker, for which other workers wait."""

STEAL = """
    def held(x):
        generation, waiting = deaths(), runtime.current.inbox.waiting
        until(lambda: not doomed)  # or one that is about to die would be the one that holds
        if waiting and not all_died():
            try:
                os.close(os.open(f"holder-{generation}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass  # another keeps its inbox full; this one soon has nothing to do, and is to get some of that
            else:
                until(lambda: (deaths() > generation or not waiting) and not doomed)
        return x * x

    def main():
        started = [left_alone(future) for future in [futures.submit(held, x) for x in range(400)]]
        gather(started, [x * x for x in range(400)])
"""
"""One worker keeps what has not begun in its inbox, until others ask for it."""

SUSPEND = """
    def awaited(generation):
        return until(lambda: all_died() or deaths() > generation)

    def parent(x):
        if scoop.IS_ORIGIN and not all_died():
            return send(parent, x).result()  # its worker died, and it came here: where nobody dies of it
        child = futures.submit(awaited, deaths())
        until(lambda: child not in runtime.current.ready)  # another worker has it: nothing to do but to wait
        child.result()
        return x * x

    def main():
        task = futures.submit(parent, 3)
        while not all_died():
            assert send(work, 3).result() == 9
        gather([left_alone(task)], [9])
"""
"""A task that is suspended, its own task being away, on a worker that meanwhile gets others."""

PARTS = """
    def slow(x):
        if scoop.IS_ORIGIN:
            until(all_died)
        time.sleep(0.02)
        return x * x

    def main():
        assert list(futures.map(slow, range(120))) == [x * x for x in range(120)]
        assert all_died(), f"only {deaths()} died"
        assert sorted(futures.map_as_completed(slow, range(60))) == [x * x for x in range(60)]
"""
"""A map whose rows take so long that a chunk of them sends results before its end."""

UNWANTED = """
    def begun(attempt, x):
        if attempt is None:
            time.sleep(0.01)  # so it is known what a row takes, and workers get several chunks at a time
        else:
            open_gate(f"begun-{attempt}")
            is_open(f"over-{attempt}")
        return x

    def attempt_to_kill(attempt):
        list(futures.map(begun, [None] * 60, range(60)))
        before, results = deaths(), futures.map(begun, [attempt] * 24, range(24))
        is_open(f"begun-{attempt}")
        results.close()
        end = time.monotonic() + 1  # it may be that no worker had a chunk waiting
        while deaths() == before and time.monotonic() < end:
            time.sleep(0.005)
        open_gate(f"over-{attempt}")

    def main():
        for attempt in range(40):
            if not all_died():
                attempt_to_kill(attempt)
        gather([futures.submit(work, x) for x in range(40)], [x * x for x in range(40)])
"""
"""A map that is closed while a worker runs one chunk of it and has others waiting."""

RETIRE = "--max-tasks-per-worker", "2"
"""The options that make workers retire."""
