"""What is seen of a run: who is waited for, how it travels, and in which words it is shown."""

import pytest

from scoop.broker.looks import FAR_SECONDS, LONGEST_SECONDS, Looks
from scoop.broker.stacks_text import stacks_text
from scoop.wire.look import Look, look_notice
from scoop.wire.looks import (
    Call,
    Machine,
    Place,
    Process,
    Snapshot,
    Stack,
    Worker,
    decode_snapshot,
    encode_snapshot,
    new_snapshot,
    read_seen,
    seen_notice,
)
from scoop.wire.messages import Notice, NoticeKind


def worker(number: int, letter: str = "S", begun: int = 0, seconds: float = 0.0) -> Worker:
    return Worker(number, 100 + number, letter, seconds, 50 << 20, begun, 2, idle=False)


def machine(number: int = 0, workers: int = 2, host: str = "here") -> Machine:
    first = 0 if number == 0 else 1
    return Machine(number, host, 99, 10.0, 60.0, 3, 0, [worker(each) for each in range(first, workers + 1)])


def process(place: int, stacks: "list[Stack] | None" = None, on: int = 0, suspended: int = 0) -> Process:
    return Process(on, place, 100 + place, place == 0, 5, 1, 2, suspended, stacks or [])


def call(name: str, owner: "tuple[int, int] | None" = None, seconds: "float | None" = None) -> Call:
    return Call(name, seconds, owner, [Place("work.py", 7, name, f"{name}()")])


class Told:
    """A broker's looks, with a clock of their own, and what they send and tell."""

    def __init__(self, number: int = 0, has_links: bool = False) -> None:
        self.now = 0.0
        self.sent: list[Notice] = []
        self.up: list[Notice] = []
        self.shown: list[Snapshot] = []
        self.told: list[Snapshot] = []
        own = machine(number)
        parts = number, has_links, lambda: own, self.sent.append, self.up.append, lambda: self.now
        self.looks = Looks(*parts, self.shown.append)

    def begin(self, full: bool = True) -> None:
        self.looks.begin(full, self.told.append)

    def hear(self, seen: "Process | Machine", serial: int = 1) -> None:
        assert self.looks.take(seen_notice(serial, seen))
        self.looks.end()


# -- who is waited for -------------------------------------------------------------------------------------------


def test_a_look_is_over_when_all_have_answered() -> None:
    told = Told()
    told.begin()
    assert told.sent == [look_notice(Look(1, True))]
    for number in range(3):
        assert told.told == []
        told.hear(process(number))
    assert {*told.told[0].processes} == {(0, 0), (0, 1), (0, 2)}
    assert told.looks.seconds_left() > 1e9


@pytest.mark.parametrize("full", [True, False])
def test_a_look_does_not_wait_for_ever(full: bool) -> None:
    told = Told()
    told.begin(full)
    told.hear(process(0))
    assert told.looks.seconds_left() == LONGEST_SECONDS[full]
    told.now = LONGEST_SECONDS[full]
    told.looks.end()
    assert {*told.told[0].processes} == {(0, 0)}


def test_other_machines_have_a_moment_and_then_all_their_workers() -> None:
    told = Told(has_links=True)
    told.begin()
    for number in range(3):
        told.hear(process(number))
    assert told.told == []
    told.hear(machine(1, workers=1))
    told.now = FAR_SECONDS
    told.looks.end()
    assert told.told == []
    told.hear(process(1, on=1))
    assert {*told.told[0].machines} == {0, 1}


def test_an_answer_that_comes_too_late_is_ignored() -> None:
    told = Told()
    told.hear(process(0), serial=7)
    assert told.told == []


def test_the_broker_of_another_machine_says_what_it_knows() -> None:
    told = Told(number=1)
    assert not told.looks.take(look_notice(Look(4, False)))  # its workers are asked, too
    assert [read_seen(each) for each in told.up] == [(4, machine(1))]
    assert not told.looks.take(seen_notice(4, process(1)))  # that goes on to the broker of the program


def test_what_the_program_asks_for_is_shown() -> None:
    told = Told()
    assert told.looks.take(look_notice(Look(0, True)))
    for number in range(3):
        told.hear(process(number))
    assert len(told.shown) == 1


def test_other_notices_go_on() -> None:
    assert not Told().looks.take(Notice(NoticeKind.RECORD, b"text"))


def test_a_snapshot_travels_as_it_is() -> None:
    stacks = [Stack("MainThread", [], [], [call("tree", (0, 1), 1.5), call("leaf")]), Stack("", ["leaf(1)"], [0], [])]
    snapshot = new_snapshot([machine()], [process(1, stacks)])
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


NO_NUMBER = b'[1, "Machine", [0, "here", 9, 0, 0, 0, 0, [[[], 1, "", 0, 0, 0, 0, 0]]]]'


@pytest.mark.parametrize("body", [b"", b"{}", NO_NUMBER])
def test_an_answer_that_makes_no_sense_is_found_out_at_once(body: bytes) -> None:
    told = Told()
    told.begin()
    with pytest.raises((ValueError, TypeError)):
        told.looks.take(Notice(NoticeKind.SEEN, body))


# -- in words ----------------------------------------------------------------------------------------------------


def text(*processes: Process, letter: str = "R") -> str:
    here = machine(workers=1)
    here.workers[1] = worker(1, letter)
    return stacks_text(new_snapshot([here], processes), "12:00:00")


def test_a_task_is_shown_with_whom_it_is_for_and_its_lines() -> None:
    stack = Stack("MainThread", [], [], [call("tree", (0, 0), 1.5), call("leaf")])
    assert text(process(0), process(1, [stack])) == (
        "The stacks of the run, at 12:00:00:\n\n"
        "the program (pid 100 on here)\n"
        "  waits for work\n\n"
        "worker here:1 (pid 101 on here)\n"
        "  MainThread:\n"
        "    tree, a task of the program, for 1.5 s\n"
        '      File "work.py", line 7, in tree\n'
        "        tree()\n"
        "    which runs leaf\n"
        '      File "work.py", line 7, in leaf\n'
        "        leaf()\n"
    )


def test_suspended_tasks_follow_what_they_wait_for() -> None:
    stacks = [
        Stack("MainThread", [], [], [call("leaf")]),
        Stack("", ["middle()"], [2], [call("root")]),
        Stack("", ["leaf()"], [0], [call("middle")]),
        Stack("", ["other()"], [], [call("alone")]),
    ]
    found = [line.strip() for line in text(process(0), process(1, stacks)).splitlines() if line.endswith(":")][1:]
    assert found == [
        "MainThread:",
        "for which waits middle, suspended, waits for leaf():",
        "for which waits root, suspended, waits for middle():",
        "alone, suspended, waits for other():",
    ]


def test_stacks_that_wait_for_each_other_are_shown_once() -> None:
    stacks = [Stack("", ["b()"], [1], [call("a")]), Stack("", ["a()"], [0], [call("b")])]
    assert text(process(0), process(1, stacks)).count("suspended") == 2


@pytest.mark.parametrize(
    ("letter", "why"), [("T", "kill -CONT 101"), ("D", "a disk"), ("R", "C code"), ("", "C code")]
)
def test_one_that_does_not_answer_is_explained(letter: str, why: str) -> None:
    assert why in text(process(0), letter=letter)


def test_what_is_left_out_is_counted() -> None:
    stack = Stack("", ["leaf()"], [], [call("root")])
    assert "and 9 more suspended tasks" in text(process(0), process(1, [stack], suspended=10))
