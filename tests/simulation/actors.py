"""Workers as their books may see them: each spawns, runs, waits, gives, sets constants, and keeps the protocol."""

import pickle
from collections import OrderedDict
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from scoop.wire.messages import SUSPECT, Kind, Message, parcel_id

if TYPE_CHECKING:
    from .machines import Site

__all__ = ["Actor", "Task"]

Place = tuple[int, int]

DELETED, KEPT = "abcd", "efghijkl"
"""Names of constants: that are deleted now and then, and that never are."""


class Task(NamedTuple):
    """A task: who it is, how many generations it will have, its retries, the constants it must find."""

    name: int
    depth: int
    retries: int
    needs: frozenset[int]


class _Frame:
    """A task that runs or waits: whose errand it is, who waits for it, for how many it waits itself."""

    def __init__(self, task: Task | None, errand: Place | None, parent: "_Frame | None") -> None:
        self.task = task
        self.errand = errand
        self.parent = parent
        self.pending = 0


class Actor:
    """One worker; the origin, if it is told to begin the program."""

    def __init__(self, site: "Site", number: int) -> None:
        self.site = site
        self.number = number
        self.taken = 0
        self.known: dict[str, int] = {}
        self.program_has_ended = False
        self._log: list[int] = []  # constants in the order they came
        self._seen = 0
        self._announced = False
        self._said = False
        self._calls: dict[int, tuple[Kind, str, int]] = {}
        self._call_numbers = count(1)
        self._serials = count(1)
        self._ready: OrderedDict[Task, _Frame | None] = OrderedDict()
        self._errands: OrderedDict[Place, Task] = OrderedDict()
        self._away: dict[Place, tuple[Task, _Frame | None]] = {}
        self._frames: set[_Frame] = set()
        self._program: _Frame | None = None

    def __repr__(self) -> str:
        return (
            f"worker {self.number}: ready {len(self._ready)}, errands {[*self._errands]}, away {[*self._away]}, "
            f"frames {len(self._frames)}, announced {self._announced}, calls {self._calls}, "
            f"asked {self.number in self.site.asked}, far {self.number in self.site.asked_far}"
        )

    def begin_program(self) -> None:
        """Begin the program: the origin does."""
        self._program = _Frame(None, None, None)
        self._frames.add(self._program)
        self._spawn(self._program, self.site.run.depth, 5)

    def is_clean(self) -> bool:
        """Return whether nothing is left to do here."""
        return not (self._ready or self._errands or self._away or self._frames or self._calls)

    # -- what it does --------------------------------------------------------------------------------------

    def can_act(self) -> bool:
        """Return whether it has anything to do, or to say."""
        return not self._calls and (self._has_work() or not self._announced)

    def _has_work(self) -> bool:
        return bool(self._errands or (self._ready and not self._is_spared()))

    def _is_spared(self) -> bool:
        return self._program_is_here() and self.site.branch._spare

    def _program_is_here(self) -> bool:
        return self.site.is_here and not self.number

    def act(self) -> None:
        """Do the next thing."""
        chance = self.site.run.choice.random()
        if not self._has_work():
            self._announce()
        elif chance < 0.05 and self.site.run.constants:
            self._set_or_delete()
        elif chance < 0.1 and self._away:
            parcel, number = self.site.run.choice.choice([*self._away])
            self._send(Kind.DROP, parcel, (number,))
        elif self._ready and not self._is_spared() and (chance < 0.8 or not self._errands):
            task, parent = self._ready.popitem()
            self._begin(task, None, parent)
        elif self._errands:
            place, task = self._errands.popitem(last=False)
            self._begin(task, place, None)

    def look(self) -> bool:
        """Give, if asked; return whether there was anything to give."""
        asked = {self.number} & (self.site.asked | self.site.asked_far)
        return bool(asked) and self._give()

    def _begin(self, task: Task, errand: Place | None, parent: _Frame | None) -> None:
        run = self.site.run
        self.taken += errand is not None
        run.begun[task.name] += 1
        assert task.retries or run.begun[task.name] == 1, "ran twice, and must not"
        assert run.workers_die or run.begun[task.name] <= task.retries + 1, "ran more often than it may"
        assert task.needs <= {*self.known.values()}, "a constant that was set before is not here"
        frame = _Frame(task, errand, parent)
        self._frames.add(frame)
        if task.depth:
            self._spawn(frame, task.depth - 1, run.choice.randrange(5))
        if not frame.pending:
            self._end(frame)

    def _spawn(self, frame: _Frame, depth: int, children: int) -> None:
        run = self.site.run
        needs = frozenset(serial for name, serial in self.known.items() if name not in DELETED)
        for _ in range(children):
            awaited = run.choice.random() < 0.8
            frame.pending += awaited
            self._ready[run.new_task(depth, needs)] = frame if awaited else None
            if self.number in self.site.asked and len(self._ready) > 1 and run.choice.random() < 0.5:
                self._give()

    def _end(self, frame: _Frame) -> None:
        self._frames.remove(frame)
        if frame is self._program:
            self.program_has_ended = True
            self._announced = False
        elif frame.errand is not None:
            assert frame.task is not None
            self._send(Kind.OUTCOME, frame.errand[0], (frame.errand[1],), pickle.dumps(frame.task.name))
        elif frame.task is not None:
            self._concluded(frame.task, frame.parent)

    def _concluded(self, task: Task, parent: _Frame | None) -> None:
        self.site.run.ended[task.name] += 1
        assert self.site.run.ended[task.name] == 1, "ended twice"
        if parent is not None:
            parent.pending -= 1
            if not parent.pending:
                self._end(parent)

    def _give(self) -> bool:
        if not (self._errands or self._ready):
            return False
        self.site.asked.discard(self.number)
        self.site.asked_far.discard(self.number)
        if self._errands:
            parcel = next(reversed(self._errands))[0]
            mine = [place for place in self._errands if place[0] == parcel]
            given = mine[-(-len(mine) // 2) - 1 :]
            for place in given:
                del self._errands[place]
            self._send(Kind.RETURN, parcel, [number for _, number in given])
            return True
        parcel = parcel_id(self.number, next(self._serials))
        tasks = [self._ready.popitem(last=False) for _ in range((len(self._ready) + 1) // 2)]
        for number, (task, parent) in enumerate(tasks):
            self._away[parcel, number] = task, parent
        self._send(Kind.PARCEL, parcel, [task.retries for task, _ in tasks], pickle.dumps([t for t, _ in tasks]))
        return True

    def _send_suspect(self, task: Task, parent: _Frame | None) -> None:
        """Send a row of a map, once all of its rows together were lost: none may run here."""
        parcel = parcel_id(self.number, next(self._serials))
        self._away[parcel, 0] = task, parent
        self._send(Kind.PARCEL, parcel, [task.retries | SUSPECT], pickle.dumps([task]))

    def _set_or_delete(self) -> None:
        choice = self.site.run.choice
        call, serial = next(self._call_numbers), next(self.site.run.serials)
        kind = choice.choice((Kind.CONST, Kind.CONST, Kind.UNCONST))
        name = choice.choice(DELETED if kind == Kind.UNCONST else DELETED + KEPT)
        self._calls[call] = kind, name, serial
        body = name.encode() + (pickle.dumps({name: serial}) if kind == Kind.CONST else name.encode())
        self._send(kind, call, (1,), body)

    # -- what it hears and says ----------------------------------------------------------------------------

    def take(self, message: Message) -> None:
        """Take in a message, as the link does: also in the midst of a task."""
        kind, parcel, numbers, body, _ = message
        if kind == Kind.STEAL:
            self._give()
        elif kind == Kind.PARCEL:
            tasks = pickle.loads(body)
            self._errands.update(((parcel, number), tasks[number]) for number in numbers)
        elif kind in (Kind.OUTCOME, Kind.DROPPED, Kind.LOST):
            assert kind != Kind.LOST or self.site.run.any_died
            for number in numbers:
                task, parent = self._away.pop((parcel, number))
                assert kind != Kind.OUTCOME or pickle.loads(body) == task.name, "another's outcome"
                if kind == Kind.LOST and task.retries and self.site.run.choice.random() < 0.5:
                    self._send_suspect(task._replace(name=next(self.site.run.tasks), retries=0), parent)
                else:
                    self._concluded(task, parent)
        elif kind == Kind.DROP:
            dropped = [number for number in numbers if self._errands.pop((parcel, number), None)]
            if dropped:
                self._send(Kind.DROPPED, parcel, dropped)
        elif kind == Kind.BROKEN:
            assert self.site.run.losses
            assert self._program_is_here()
            self.site.run.refused = self.site.run.finished = True
        elif kind == Kind.FINISH:
            assert self.program_has_ended
            self.site.run.finished = True
        else:
            self._take_constant(kind, parcel, body)
        self._seen += 1
        self._announced = self._said = False

    def _take_constant(self, kind: Kind, call: int, body: bytes) -> None:
        if kind == Kind.CONST:
            for name, serial in pickle.loads(body).items():
                assert name not in self.known, "set though it exists"
                self.known[name] = serial
                self._log.append(serial)
                origin = self.site.run.origin if not self._program_is_here() else self
                places = [origin._log.index(each) for each in self._log if each in origin._log]
                assert places == sorted(places), "constants in another order"
        elif kind == Kind.UNCONST:
            for name in body.decode().split("\0"):
                self.known.pop(name, None)
        else:
            assert kind == Kind.VERDICT, kind
            asked, _, serial = self._calls.pop(call)
            assert body or asked == Kind.UNCONST or serial in self._log, "told before it is here"

    def _announce(self) -> None:
        self._announced = self._said = True
        if self._program_is_here() and self.program_has_ended and not self._ready:
            self._send(Kind.FINISH, self._seen)
        else:
            self._send(Kind.HUNGRY, self._seen, (1,) if self._ready else ())

    def _send(self, kind: Kind, parcel: int, numbers: "tuple[int, ...] | list[int]" = (), body: bytes = b"") -> None:
        self.site.up[self.number].append(Message(kind, parcel, numbers, body))
