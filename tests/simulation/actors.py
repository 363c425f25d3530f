"""Workers as their broker may see them: each spawns, runs, waits, gives, sets constants, and keeps the protocol."""

import pickle
from collections import OrderedDict
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from scoop.wire.messages import (
    AllDone,
    Cancel,
    Cancelled,
    ConstantReply,
    DeleteConstants,
    GiveBack,
    Idle,
    Lost,
    Message,
    Notice,
    NoticeKind,
    Offer,
    PartialResult,
    ProgramEnded,
    Results,
    Run,
    SetConstants,
    StartFailed,
    Steal,
    batch_ids,
)

if TYPE_CHECKING:
    from .machines import Machine

__all__ = ["Actor", "Task"]

Place = tuple[int, int]

DELETED, KEPT = "abcd", "efghijkl"
"""Names of constants: that are deleted now and then, and that never are."""


class Task(NamedTuple):
    """A task: its name, how many generations it will have, its retries, the constants it must find."""

    name: int
    depth: int
    retries: int
    needs: frozenset[int]


class _Frame:
    """A task that runs or waits: the place it came from, the task that waits for it, how many it waits for."""

    def __init__(self, task: Task | None, place: Place | None, parent: "_Frame | None") -> None:
        self.task = task
        self.place = place
        self.parent = parent
        self.pending = 0


class Actor:
    """One worker; the origin, if it is told to begin the program."""

    def __init__(self, machine: "Machine", number: int) -> None:
        self.machine = machine
        self.number = number
        self.begun = 0
        self.known: dict[str, int] = {}
        self.program_has_ended = False
        self._log: list[int] = []  # constants in the order they came
        self._seen = 0
        self._announced = False
        self._calls: dict[int, tuple[bool, str, int]] = {}
        self._call_numbers = count(1)
        self._batches = batch_ids(machine.number, number)
        self._ready: OrderedDict[Task, _Frame | None] = OrderedDict()
        self._given: OrderedDict[Place, Task] = OrderedDict()
        self._away: dict[Place, tuple[Task, _Frame | None]] = {}
        self._frames: set[_Frame] = set()
        self._program: _Frame | None = None

    def __repr__(self) -> str:
        return (
            f"worker {self.number}: ready {len(self._ready)}, given {[*self._given]}, away {[*self._away]}, "
            f"frames {len(self._frames)}, announced {self._announced}, calls {self._calls}, "
            f"asked {self.number in self.machine.asked}, far {self.number in self.machine.asked_far}"
        )

    def begin_program(self) -> None:
        """Begin the program: the origin does."""
        self._program = _Frame(None, None, None)
        self._frames.add(self._program)
        self._spawn(self._program, self.machine.run.depth, 5)

    def is_clean(self) -> bool:
        """Return whether nothing is left to do here."""
        return not (self._ready or self._given or self._away or self._frames or self._calls)

    # -- what it does --------------------------------------------------------------------------------------

    def can_act(self) -> bool:
        """Return whether it has anything to do, or to say."""
        return not self._calls and (self._has_work() or not self._announced)

    def _has_work(self) -> bool:
        return bool(self._given or (self._ready and not self._is_spared()))

    def _is_spared(self) -> bool:
        return self._program_is_here() and self.machine.spare

    def _program_is_here(self) -> bool:
        return self.machine.is_here and not self.number

    def act(self) -> None:
        """Do the next thing."""
        chance = self.machine.run.choice.random()
        if not self._has_work():
            self._announce()
        elif chance < 0.05 and self.machine.run.constants:
            self._set_or_delete()
        elif chance < 0.1 and self._away:
            batch, number = self.machine.run.choice.choice([*self._away])
            self._send(Cancel(batch, [number]))
        elif chance < 0.2 and (running := sorted(f.place for f in self._frames if f.place)):
            self._send_rows(self.machine.run.choice.choice(running))
        elif self._ready and not self._is_spared() and (chance < 0.8 or not self._given):
            task, parent = self._ready.popitem()
            self._begin(task, None, parent)
        elif self._given:
            place, task = self._given.popitem(last=False)
            self._begin(task, place, None)

    def _send_rows(self, place: Place) -> None:
        """Send rows of a task that goes on."""
        (name,) = (frame.task.name for frame in self._frames if frame.place == place and frame.task)
        self._send(PartialResult(*place, pickle.dumps(name), None))

    def look(self) -> bool:
        """Give, if asked; return whether there was anything to give."""
        asked = {self.number} & (self.machine.asked | self.machine.asked_far)
        return bool(asked) and self._give()

    def _begin(self, task: Task, place: Place | None, parent: _Frame | None) -> None:
        run = self.machine.run
        self.begun += place is not None
        run.begun[task.name] += 1
        assert task.retries or run.begun[task.name] == 1, "ran twice, and must not"
        assert run.workers_die or run.begun[task.name] <= task.retries + 1, "ran more often than it may"
        assert task.needs <= {*self.known.values()}, "a constant that was set before is not here"
        frame = _Frame(task, place, parent)
        self._frames.add(frame)
        if task.depth:
            self._spawn(frame, task.depth - 1, run.choice.randrange(5))
        if not frame.pending:
            self._end(frame)

    def _spawn(self, frame: _Frame, depth: int, children: int) -> None:
        run = self.machine.run
        needs = frozenset(serial for name, serial in self.known.items() if name not in DELETED)
        for _ in range(children):
            awaited = run.choice.random() < 0.8
            frame.pending += awaited
            self._ready[run.new_task(depth, needs)] = frame if awaited else None
            if self.number in self.machine.asked and len(self._ready) > 1 and run.choice.random() < 0.5:
                self._give()

    def _end(self, frame: _Frame) -> None:
        self._frames.remove(frame)
        if frame is self._program:
            self.program_has_ended = True
            self._announced = False
        elif frame.place is not None:
            assert frame.task is not None
            self._send(Results(frame.place[0], [frame.place[1]], pickle.dumps(frame.task.name), None))
        elif frame.task is not None:
            self._concluded(frame.task, frame.parent)

    def _concluded(self, task: Task, parent: _Frame | None) -> None:
        self.machine.run.ended[task.name] += 1
        assert self.machine.run.ended[task.name] == 1, "ended twice"
        if parent is not None:
            parent.pending -= 1
            if not parent.pending:
                self._end(parent)

    def _give(self) -> bool:
        if not (self._given or self._ready):
            return False
        self.machine.asked.discard(self.number)
        self.machine.asked_far.discard(self.number)
        if self._given:
            batch = next(reversed(self._given))[0]
            mine = [place for place in self._given if place[0] == batch]
            given = mine[-(-len(mine) // 2) - 1 :]
            for place in given:
                del self._given[place]
            self._send(GiveBack(batch, [task for _, task in given], [], []))
            return True
        batch = next(self._batches)
        tasks = [self._ready.popitem(last=False) for _ in range((len(self._ready) + 1) // 2)]
        for number, (task, parent) in enumerate(tasks):
            self._away[batch, number] = task, parent
        retries = [task.retries for task, _ in tasks]
        self._send(Offer(batch, range(len(tasks)), retries, [], pickle.dumps([task for task, _ in tasks]), None))
        return True

    def _send_suspect(self, task: Task, parent: _Frame | None) -> None:
        """Send a row of a map, once all of its rows together were lost: none may run here."""
        batch = next(self._batches)
        self._away[batch, 0] = task, parent
        self._send(Offer(batch, [0], [task.retries], [1], pickle.dumps([task]), None))

    def _set_or_delete(self) -> None:
        choice = self.machine.run.choice
        call, serial = next(self._call_numbers), next(self.machine.run.serials)
        deletes = choice.choice((False, False, True))
        name = choice.choice(DELETED if deletes else DELETED + KEPT)
        self._calls[call] = deletes, name, serial
        if deletes:
            self._send(DeleteConstants(call, (name,)))
        else:
            self._send(SetConstants(call, (name,), pickle.dumps({name: serial}), None))

    # -- what it hears and says ----------------------------------------------------------------------------

    def take(self, message: Message) -> None:
        """Take in a message, as the link does: also in the midst of a task."""
        match message:
            case Steal(wanted, _):
                assert wanted
                self._give()
            case Run(batch, numbers, body, _):
                tasks = pickle.loads(body)
                self._given.update(((batch, number), tasks[number]) for number in numbers)
            case PartialResult(batch, number, body, _):
                assert pickle.loads(body) == self._away[batch, number][0].name, "rows of another chunk"
            case Results() | Cancelled() | Lost():
                self._take_end(message)
            case Cancel(batch, numbers):
                if dropped := [number for number in numbers if self._given.pop((batch, number), None)]:
                    self._send(Cancelled(batch, dropped))
            case StartFailed():
                assert self.machine.run.machines_go
                assert self._program_is_here()
                self.machine.run.refused = self.machine.run.finished = True
            case AllDone():
                assert self.program_has_ended
                self.machine.run.finished = True
            case SetConstants(_, _, body, _):
                self._take_constants(pickle.loads(body))
            case DeleteConstants(_, names):
                for name in names:
                    self.known.pop(name, None)
            case ConstantReply(call, taken, _):
                deletes, _, serial = self._calls.pop(call)
                assert taken or deletes or serial in self._log, "told before it is here"
            case Notice(NoticeKind.HOSTS, _):
                assert self._program_is_here()
                return  # it does not count
            case _:
                raise AssertionError(message)
        self._seen += 1
        self._announced = False

    def _take_end(self, message: Results | Cancelled | Lost) -> None:
        run = self.machine.run
        assert not isinstance(message, Lost) or run.any_died
        for number in message.tasks:
            task, parent = self._away.pop((message.batch, number))
            assert not isinstance(message, Results) or pickle.loads(message.body) == task.name, "another's result"
            if isinstance(message, Lost) and task.retries and run.choice.random() < 0.5:
                self._send_suspect(task._replace(name=next(run.tasks), retries=0), parent)
            else:
                self._concluded(task, parent)

    def _take_constants(self, constants: dict[str, int]) -> None:
        for name, serial in constants.items():
            assert name not in self.known, "set though it exists"
            self.known[name] = serial
            self._log.append(serial)
            origin = self.machine.run.origin if not self._program_is_here() else self
            places = [origin._log.index(each) for each in self._log if each in origin._log]
            assert places == sorted(places), "constants in another order"

    def _announce(self) -> None:
        self._announced = True
        if self._program_is_here() and self.program_has_ended and not self._ready:
            self._send(ProgramEnded(self._seen, False))
        else:
            self._send(Idle(self._seen, bool(self._ready)))

    def _send(self, message: Message) -> None:
        self.machine.up[self.number].append(message)
