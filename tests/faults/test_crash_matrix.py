"""Workers die wherever they may stand, in every way: no result is wrong, missing or told twice.

A cell is a run in which four workers die in one place, each in another way: by SIGSEGV, by SIGABRT, by exiting with a
status, by SIGKILL. The program itself counts the deaths, and fails unless there were four.
"""

import textwrap
from typing import NamedTuple

import pytest

from faults.seams import (
    BRANCHES,
    FLAT,
    HELPERS,
    LADEN,
    MANY,
    MAP,
    NOISY_DEATHS,
    PARTS,
    REDUCE,
    RETIRE,
    STEAL,
    SUSPEND,
    TREE,
    UNWANTED,
)
from running import RunScoop
from scripts import MAIN


class Place(NamedTuple):
    """Where workers die.

    Parameters:
        seam: what puts the death there.
        load: the workload that comes there.
        retries: 0 where nobody holds any task; else enough for one task to be in all four deaths.
        options: more of them.
    """

    seam: str
    load: str
    retries: int = 4
    options: tuple[str, ...] = ()


HALF_A_BATCH = """
    feed = MessageReader.feed

    def feed_slowly(self, *what):
        yield from feed(self, *what)
        if self.missing > 1 << 16:
            die_here()

    MessageReader.feed = feed_slowly
"""

WHILE_IT_PACKS = """
    pack = Outbox.pack

    def pack_and_die(self, tasks):
        def draw_and_die():
            for task in tasks:
                die_here()
                yield task

        return pack(self, draw_and_die())

    Outbox.pack = pack_and_die
"""

IN_A_TASK = """
    def work(x, ballast=""):
        die_here()
        if scoop.IS_ORIGIN:
            until(all_died)
        return x * x
"""

ALL_AT_ONCE = """
    def meet_and_die():
        \"\"\"Wait for one other worker, if we are among the first four, and die with it.\"\"\"
        for number in range(len(WAYS)):
            try:
                os.close(os.open(f"here-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            is_open(f"here-{number ^ 1}")
            die_here()

    def work(x, ballast=""):
        if scoop.IS_ORIGIN:
            until(all_died)
        else:
            meet_and_die()
        return x * x
"""

LONG = FLAT.replace('40, b""', '8, "x" * (4 << 20)')

PLACES = {
    # -- It starts.
    "starts, and imports the program": Place("die_here()", FLAT, 0),
    "has imported the program, and not spoken": Place('before(Scheduler, "run_forever")', FLAT, 0),
    "is about to say that it is idle": Place("cut(Idle, 0)", FLAT, 0),
    "has said half of it": Place("cut(Idle, 0.5)", FLAT, 0),
    "has said all of it": Place("cut(Idle, 1)", FLAT),  # and may be given some before its death is heard of
    # -- It gets work.
    "has got half of a long batch": Place(HALF_A_BATCH, LONG),
    "has got a batch": Place('before(Inbox, "accept")', FLAT),
    "has opened a batch": Place('after(Inbox, "accept")', FLAT),
    "has tasks waiting, and begins none": Place('before(Inbox, "take", lambda inbox: inbox.waiting)', FLAT),
    # -- It works.
    "has taken a task, and more wait": Place('after(Inbox, "take", lambda inbox: inbox.waiting)', FLAT),
    "runs a task": Place(IN_A_TASK, FLAT),
    "dies with all other workers": Place(ALL_AT_ONCE, FLAT),
    "has come to the end of a task": Place('after(Inbox, "_pack_value")', FLAT),
    "suspends a task": Place(
        'before(Fibers, "switch_away", lambda fibers: runtime.current.outbox.in_flight)', SUSPEND
    ),
    "runs a task while another is suspended": Place(
        'before(Inbox, "_rebuild", lambda inbox, task: runtime.current.fibers_here().suspended)', SUSPEND
    ),
    # -- It says how tasks ended.
    "has results to send": Place('before(ResultSender, "flush", lambda sender: sender.waiting)', FLAT),
    "is about to send results": Place("cut(Results, 0)", FLAT),
    "has sent half of its results": Place("cut(Results, 0.5)", FLAT),
    "has sent its results": Place("cut(Results, 1)", MANY),
    "has dropped what is not wanted": Place("cut(Cancelled, 0)", UNWANTED),
    "has said half of what it dropped": Place("cut(Cancelled, 0.5)", UNWANTED),
    "has said what it dropped": Place("cut(Cancelled, 1)", UNWANTED),
    # -- It gives work away.
    "is asked for tasks of others": Place(
        'before(Stealing, "give", lambda it, *_: it._page.is_asked(it._worker) and it._inbox.waiting)', STEAL
    ),
    "gives tasks back": Place("cut(GiveBack, 0)", STEAL),
    "has said half of which it gives back": Place("cut(GiveBack, 0.5)", STEAL),
    "has given tasks back": Place("cut(GiveBack, 1)", STEAL),
    "is asked for tasks of its own": Place(
        'before(Stealing, "give", lambda it, *_: it._page.is_asked(it._worker) and it._ready)', TREE
    ),
    "packs a batch": Place(WHILE_IT_PACKS, TREE),
    "has packed a batch": Place("cut(Offer, 0)", TREE),
    "has sent half of a batch": Place("cut(Offer, 0.5)", TREE),
    "has sent a batch": Place("cut(Offer, 1)", TREE),
    # -- What is large travels beside the messages.
    "has got a batch with large buffers": Place('before(Inbox, "accept")', LADEN),
    "has opened a batch with large buffers": Place('after(Inbox, "accept")', LADEN),
    "is about to send results with large buffers": Place("cut(Results, 0)", LADEN),
    "has sent half of its results with large buffers": Place("cut(Results, 0.5)", LADEN),
    "has sent its results with large buffers": Place("cut(Results, 1)", LADEN),
    # -- Maps travel as ranges.
    "runs a row of a map": Place(IN_A_TASK, MAP),
    "has got a part of a map": Place('after(Inbox, "accept")', MAP),
    "has sent half of the results of a map": Place("cut(Results, 0.5)", MAP),
    "is about to send part of a chunk's results": Place("cut(PartialResult, 0)", PARTS),
    "has sent half of a part of a chunk's results": Place("cut(PartialResult, 0.5)", PARTS),
    "has sent part of a chunk's results": Place("cut(PartialResult, 1)", PARTS),
    "is told that its chunk is not wanted": Place('before(ReceivedChunk, "cancel")', UNWANTED),
    "has stopped a chunk": Place('after(ReceivedChunk, "cancel")', UNWANTED),
    "runs a row of a map to be reduced": Place(IN_A_TASK, REDUCE),
    "has sent half of a sum": Place("cut(Results, 0.5)", REDUCE),
    "runs a row of a map within a task": Place(IN_A_TASK, BRANCHES, 20),
    "gives a part of its map": Place(WHILE_IT_PACKS, BRANCHES),
    "has sent half of a part of its map": Place("cut(Offer, 0.5)", BRANCHES),
    "has sent a part of its map": Place("cut(Offer, 1)", BRANCHES),
    # -- It leaves.
    "is about to retire": Place("cut(Retire, 0)", FLAT, options=RETIRE),
    "has said half of it that it retires": Place("cut(Retire, 0.5)", FLAT, options=RETIRE),
    "has retired": Place("cut(Retire, 1)", FLAT, options=RETIRE),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_nothing_is_lost_when_workers_die_that_each(scoop_run: RunScoop, place: Place) -> None:
    source = HELPERS + textwrap.dedent(place.seam) + textwrap.dedent(place.load) + MAIN
    run = scoop_run(source, n=3, options=("--retries", str(place.retries), *place.options))
    assert (run.status, run.out) == (0, "fine\n"), run.err
    # The last words of those that crashed, unless the run's end was faster, and nothing else.
    assert run.err.count("Fatal Python error: ") <= NOISY_DEATHS, run.err
    assert "scoop: " not in run.err, run.err
    assert "Traceback" not in run.err, run.err
