"""The seam for instruments: what a listener hears of the tasks of a process, and that it costs nothing otherwise."""

import pytest

from running import RunScoop
from scripts import PRELUDE

LISTENER = (
    PRELUDE
    + """
from scoop import futures
from scoop.engine.listening import listen, stop_listening
from scoop.engine import runtime
from scoop.engine.process import instruments
from scoop.engine.process.instruments import Instrument, mark_of, set_mark

class Notes(Instrument):
    def __init__(self):
        self.heard = []

    def offered(self, work):
        set_mark(work, "marked")
        self.heard.append("offered")

    def started(self, work, function, args, kwargs):
        self.heard.append(f"started {function.__name__}{args} {mark_of(work)}")
        return function.__name__

    def ended(self, run, ok, size=0):
        self.heard.append(f"ended {run} {ok}")

    def rows_started(self, work, function, first, count):
        self.heard.append(f"rows {mark_of(work)}")
        return count

    def rows_ended(self, run, count, ok):
        self.heard.append((count, ok))

    def given(self, batch, works, size, since):
        self.heard += [("given", batch, number, mark_of(work)) for number, (work, _) in enumerate(works)]
        assert size > 0 and since > 0

    def returned(self, batch, numbers, size):
        self.heard += [("returned", batch, number) for number in numbers]
        assert size > 0

    def suspended(self):
        self.heard.append("suspended")
        return "token"

    def resumed(self, run):
        self.heard.append(("resumed", run))

    def down(self):
        self.heard.append("down")

def double(x):
    return 2 * x

def fail():
    raise ValueError

def relay(x):
    return futures.submit(double, x)
"""
)

BEGIN = """
if __name__ == "__main__":
    notes = Notes()
    listen(runtime.current, notes)
"""


def test_a_listener_hears_of_each_task_from_its_start_to_its_end(scoop_run: RunScoop) -> None:
    run = scoop_run(
        LISTENER
        + """
if __name__ == "__main__":
    notes, scheduler = Notes(), runtime.current
    before = scheduler.offer, scheduler.run_task
    listen(scheduler, notes)
    assert futures.submit(double, 2).result() == 4
    assert isinstance(futures.submit(fail).exception(), ValueError)
    stop_listening(scheduler, notes)
    futures.submit(double, 3).result()
    print(*notes.heard, sep="\\n")
    assert (scheduler.offer, scheduler.run_task) == before and instruments.listener is None
""",
        n=1,
    )
    assert run.out.splitlines() == [
        "offered",
        "started double(2,) marked",
        "ended double True",
        "offered",
        "started fail() marked",
        "ended fail False",
        "down",
    ]


def test_a_task_that_has_returned_a_future_has_not_failed(scoop_run: RunScoop) -> None:
    run = scoop_run(
        LISTENER
        + BEGIN
        + """
    assert futures.submit(relay, 2).result() == 4
    print(*[each for each in notes.heard if each[:6] == "ended "])
""",
        n=1,
    )
    assert run.out == "ended relay True ended double True\n"


def test_a_listener_hears_what_goes_to_others_and_comes_back(scoop_run: RunScoop) -> None:
    run = scoop_run(
        LISTENER
        + """
def pause(x):
    time.sleep(0.01)
    return x
"""
        + BEGIN
        + """
    elsewhere(double, 2)  # its worker is there

    def some_went_and_came_back():
        futures.wait([futures.submit(pause, each) for each in range(8)])
        given, returned = ({each[1:3] for each in notes.heard if each[0] == name} for name in ("given", "returned"))
        assert returned <= given
        return returned and "suspended" in notes.heard and ("resumed", "token") in notes.heard

    until(some_went_and_came_back)
    assert all(each[3] == "marked" for each in notes.heard if each[0] == "given")
    print("all heard")
""",
    )
    assert run.out == "all heard\n"


def test_a_listener_hears_of_rows_as_ranges(scoop_run: RunScoop) -> None:
    run = scoop_run(
        LISTENER
        + BEGIN
        + """
    assert list(futures.map(double, range(1000))) == [*range(0, 2000, 2)]
    counts = [each[0] for each in notes.heard if isinstance(each, tuple) and each[-1] is True]
    assert sum(counts) == 1000 and len(counts) < 200 and "rows marked" in notes.heard
    print("all heard")
""",
        n=1,
    )
    assert run.out == "all heard\n"


@pytest.mark.parametrize("number", [2, 3])
def test_each_of_several_listeners_gets_back_its_own(scoop_run: RunScoop, number: int) -> None:
    run = scoop_run(
        LISTENER
        + f"""
if __name__ == "__main__":
    several = [Notes() for _ in range({number})]
    for each in several:
        listen(runtime.current, each)
    futures.submit(double, 2).result()
    for each in several:
        assert each.heard == ["offered", "started double(2,) marked", "ended double True"], each.heard
        stop_listening(runtime.current, each)
    print(instruments.listener)
""",
        n=1,
    )
    assert run.out == "None\n"
