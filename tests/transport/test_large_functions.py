"""Functions that hold much data travel once, ahead of the tasks."""

from running import RunScoop
from scripts import check

HELPERS = """
import functools, operator
from scoop.engine import runtime
from scoop.wire.messages import DeleteConstants, Offer, SetConstants

DATA = list(range(100_000))

def pick(data, x):
    time.sleep(0.001)  # or no other worker would get any of them
    return data[x]

def sent_to(function, inputs):
    # Return the results of a map, and what it sent: large functions, those deleted, and bytes of the longest batch.
    functions, stealing = runtime.current.outbox._functions, runtime.current.stealing
    send, messages = functions._send, []
    def recording(message):
        messages.append(message)
        send(message)
    try:
        functions._send = stealing._send = recording
        results = list(futures.map(function, inputs))
    finally:
        functions._send = stealing._send = send
    longest = max((len(message.body) for message in messages if isinstance(message, Offer)), default=0)
    types = [type(message) for message in messages]
    return results, types.count(SetConstants), types.count(DeleteConstants), longest
"""


def test_a_large_partial_travels_once_however_many_maps_use_it(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
def main():
    sent = 0
    for _ in range(5):
        results, large, back, longest = sent_to(functools.partial(pick, DATA), range(200))
        assert results == [*range(200)] and back == 0 and longest < 20_000, (back, longest)
        sent += large
    assert sent == 1
""",
    )


def test_what_it_holds_is_as_it_was_when_each_map_began_to_travel(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
def main():
    data = [0] * 100_000
    for step in range(4):
        data[:100] = [step] * 100
        assert set(sent_to(functools.partial(pick, data), range(100))[0]) == {step}
""",
    )


def test_large_functions_are_taken_back_when_others_have_come(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
def kept(_):
    time.sleep(0.05)
    return sum(name.startswith("scoop.private.") for name in runtime.constants._settings)

def main():
    taken_back = 0
    for step in range(12):
        results, _, back, _ = sent_to(functools.partial(pick, [step] * 100_000), range(200))
        assert results == [step] * 200
        taken_back += back
    # A chunk's last word may still be on its way when all its rows have arrived, and the next map begins.
    assert taken_back >= 7, taken_back
    assert max(futures.map(kept, range(6))) <= 5
""",
    )


def test_submitted_tasks_and_closures_and_methods_and_reductions_too(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
class Table:
    def __init__(self, rows):
        self.rows = rows
    def row(self, x):
        return pick(self.rows, x)
    def add(self, a, b):
        return a + b + 0 * len(self.rows)

def main():
    table = Table(DATA)
    def closed(x):
        return pick(DATA2, x)
    DATA2 = DATA[::-1]
    tasks = [left_alone(futures.submit(functools.partial(pick, DATA), x)) for x in range(5)]
    assert [task.result() for task in tasks] == [*range(5)]
    assert list(futures.map(table.row, range(100))) == [*range(100)]
    assert list(futures.map(closed, range(100))) == DATA2[:100]
    assert futures.mapReduce(table.row, table.add, range(100)) == sum(range(100))
    assert futures.mapScan(table.row, table.add, range(100))[-1] == sum(range(100))
""",
    )


def test_those_of_a_worker_that_has_died_are_forgotten(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
def branch(number):
    results = list(futures.map(functools.partial(pick, DATA), range(100)))
    if not os.path.exists(f"died-{number}") and not scoop.IS_ORIGIN:
        with open(f"died-{number}", "w") as file:
            file.write(runtime.current.outbox._functions._token)
        os.kill(os.getpid(), 9)
    return results == [*range(100)]

def kept(_):
    time.sleep(0.05)
    return {name.split(".")[2] for name in runtime.constants._settings}

def main():
    assert all(left_alone(futures.submit(branch, number)).result() for number in range(2))
    dead = {open(f"died-{number}").read() for number in range(2)}
    assert not dead & set().union(*futures.map(kept, range(9)))
""",
        "--retries",
        "5",
    )
