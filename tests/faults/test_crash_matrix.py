"""Workers die wherever they may stand, in every way: no result is wrong, missing or told twice.

A cell is a run in which four workers die in one place, each in another way: by SIGKILL, by exiting with a status, by
SIGSEGV, by SIGABRT. The program itself counts the deaths, and fails unless there were four.
"""

import textwrap
from typing import NamedTuple

import pytest

from faults.seams import FLAT, HELPERS, NOISY_DEATHS, RETIRE, STEAL, SUSPEND, TREE, UNWANTED
from running import RunScoop
from scripts import MAIN


class Place(NamedTuple):
    """Where workers die.

    Parameters:
        seam: what puts the death there.
        load: the workload that comes there.
        retries: 0 where nothing is lost that has begun; else enough for one task to be in all four deaths.
        options: more of them.
    """

    seam: str
    load: str
    retries: int = 4
    options: tuple[str, ...] = ()


HALF_A_PARCEL = """
    feed = MessageReader.feed

    def feed_slowly(self, data):
        yield from feed(self, data)
        if self.missing > 1 << 16:
            die_here()

    MessageReader.feed = feed_slowly
"""

WHILE_IT_PACKS = """
    pack = Exports.pack

    def pack_and_die(self, take, most):
        def take_and_die():
            future = take()
            if future is not None:
                die_here()
            return future

        return pack(self, take_and_die, most)

    Exports.pack = pack_and_die
"""

IN_A_TASK = """
    def work(x, ballast):
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

    def work(x, ballast):
        if scoop.IS_ORIGIN:
            until(all_died)
        else:
            meet_and_die()
        return x * x
"""

LARGE = FLAT.replace('40, b""', "8, bytes(4 << 20)")

PLACES = {
    # -- It starts.
    "starts, and imports the program": Place("die_here()", FLAT, 0),
    "has imported the program, and not spoken": Place('before(Scheduler, "run_forever")', FLAT, 0),
    "is about to say that it is hungry": Place("cut(Kind.HUNGRY, 0)", FLAT, 0),
    "has said half of it": Place("cut(Kind.HUNGRY, 0.5)", FLAT, 0),
    "has said all of it": Place("cut(Kind.HUNGRY, 1)", FLAT, 0),
    # -- It gets work.
    "has got half of a large parcel": Place(HALF_A_PARCEL, LARGE, 0),
    "has got a parcel": Place('before(Imports, "accept")', FLAT, 0),
    "has opened a parcel": Place('after(Imports, "accept")', FLAT, 0),
    "has errands waiting, and begins none": Place('before(Imports, "take", lambda it: it.waiting)', FLAT, 0),
    # -- It works.
    "has taken an errand, and more wait": Place('after(Imports, "take", lambda it: it.waiting)', FLAT),
    "runs a task": Place(IN_A_TASK, FLAT),
    "dies with all other workers": Place(ALL_AT_ONCE, FLAT),
    "has come to the end of a task": Place('after(Imports, "_call")', FLAT),
    "suspends a task": Place('before(Hub, "switch_away", lambda hub: runtime.current.exports.any_away)', SUSPEND),
    "runs a task while another is suspended": Place(
        'before(Imports, "_call", lambda it, errand: runtime.current.hub_here().suspended)', SUSPEND
    ),
    # -- It says how tasks ended.
    "has outcomes to send": Place('before(Imports, "flush", lambda it: it._outcomes)', FLAT),
    "is about to send outcomes": Place("cut(Kind.OUTCOME, 0)", FLAT),
    "has sent half of its outcomes": Place("cut(Kind.OUTCOME, 0.5)", FLAT),
    "has sent its outcomes": Place("cut(Kind.OUTCOME, 1)", FLAT),
    "has dropped what nobody wants": Place("cut(Kind.DROPPED, 0)", UNWANTED),
    "has said half of what it dropped": Place("cut(Kind.DROPPED, 0.5)", UNWANTED),
    "has said what it dropped": Place("cut(Kind.DROPPED, 1)", UNWANTED),
    # -- It gives work away.
    "is asked for errands": Place(
        'before(Scheduler, "give", lambda it, *_: it.asked() and it.imports.waiting)', STEAL
    ),
    "gives errands back": Place("cut(Kind.RETURN, 0)", STEAL),
    "has said half of which it gives back": Place("cut(Kind.RETURN, 0.5)", STEAL),
    "has given errands back": Place("cut(Kind.RETURN, 1)", STEAL),
    "is asked for tasks of its own": Place('before(Scheduler, "give", lambda it, *_: it.asked() and it.ready)', TREE),
    "packs a parcel": Place(WHILE_IT_PACKS, TREE),
    "has packed a parcel": Place("cut(Kind.PARCEL, 0)", TREE),
    "has sent half of a parcel": Place("cut(Kind.PARCEL, 0.5)", TREE),
    "has sent a parcel": Place("cut(Kind.PARCEL, 1)", TREE),
    # -- It leaves.
    "is about to retire": Place("cut(Kind.RETIRE, 0)", FLAT, options=RETIRE),
    "has said half of it that it retires": Place("cut(Kind.RETIRE, 0.5)", FLAT, options=RETIRE),
    "has retired": Place("cut(Kind.RETIRE, 1)", FLAT, options=RETIRE),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_nothing_is_lost_when_workers_die_that_each(scoop_run: RunScoop, place: Place) -> None:
    source = HELPERS + textwrap.dedent(place.seam) + textwrap.dedent(place.load) + MAIN
    run = scoop_run(source, n=3, options=("--retries", str(place.retries), *place.options))
    assert (run.status, run.out) == (0, "fine\n"), run.err
    # The last words of those that crashed, and nothing else.
    assert run.err.count("Fatal Python error: ") == NOISY_DEATHS, run.err
    assert "scoop: " not in run.err, run.err
    assert "Traceback" not in run.err, run.err
