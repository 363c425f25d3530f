"""The stacks of this process: what its threads run, and what is suspended, as far as it is the program's.

On one stack SCOOP's own frames stand between a task and the one that it has called. So each row of frames without any
of SCOOP's is one task, and the row before it is the task that waits for it.
"""

import linecache
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os.path import dirname, join
from time import monotonic
from types import FrameType
from typing import Any

from greenlet import greenlet

from ...identity import OWN_FOLDER
from ...wire.looks import Call, Place, Stack
from ...wire.messages import owner_of
from ..process.named import Named
from .deadlock import Wait

__all__ = ["read_stacks"]

FramesOf = Callable[[greenlet], Sequence[FrameType]]

MOST_STACKS, MOST_PLACES, MOST_AWAITED = 200, 30, 3
"""Suspended stacks that are read, frames of one task, and calls that one waits for: more would not be looked at."""

_STARTS_PROGRAM = join(OWN_FOLDER, "__main__.py")
_LIBRARY = dirname(threading.__file__)
_WAITS = tuple(join(_LIBRARY, each) for each in ("threading.py", "asyncio", "selectors.py", "queue.py", "importlib"))
"""Where threads wait for something to do, or import: frames in these alone are no task."""


def read_stacks(
    waits: Mapping[greenlet, Wait], coroutine_frames: FramesOf, is_program: bool, full: bool
) -> list[Stack]:
    """Return what runs and, if ``full``, what is suspended, and all frames. May run code of the program's.

    Parameters:
        waits: of the suspended fibers.
        coroutine_frames: returns those of the coroutine that a fiber waits for, the outermost first.
        is_program: whether this is the program's own process.
        full: whether all of it is wanted, or only the names of what runs.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    stacks = []
    for ident, frame in sys._current_frames().items():
        if calls := _read(_frames(frame, is_program), full):
            stacks.append(Stack(names.get(ident, "a thread"), [], [], calls))
    return stacks + _suspended(waits, coroutine_frames, is_program, len(stacks)) if full else stacks


def _suspended(
    waits: Mapping[greenlet, Wait], coroutine_frames: FramesOf, is_program: bool, first: int
) -> list[Stack]:
    known = [*waits.items()][:MOST_STACKS]
    place_of = {fiber: place for place, (fiber, _) in enumerate(known, first)}
    stacks = []
    for fiber, wait in known:
        calls = _read([*_frames(fiber.gr_frame, is_program), *coroutine_frames(fiber)], full=True)
        awaited = wait.awaited()[:MOST_AWAITED]
        runs_on = {each for one in awaited for each in one.fibers if not each.dead}
        # What runs an awaited call and is not suspended is a thread: most often there is one that runs tasks.
        places = [place_of.get(each, 0) for each in runs_on if each in place_of or first]
        texts = [text for each in awaited if (text := _text(each.describe))]  # a coroutine's has none
        stacks.append(Stack("", texts, places, calls))
    return stacks


def _text(describe: Any) -> str:
    try:
        return str(describe())
    except Exception:  # it may have ended meanwhile
        return "a call"


def _read(frames: Iterable[FrameType], full: bool) -> list[Call]:
    """Return the tasks on a stack. All has the outermost first."""
    calls: list[Call] = []
    between: list[FrameType] = []
    row: list[FrameType] = []
    for each in [*frames, None]:
        if each is not None and not _is_ours(each):
            row.append(each)
            continue
        if row:
            if not all(_file(one).startswith(_WAITS) for one in row):
                calls.append(_new_call(row, between, full))
            row, between = [], []
        if each is not None:
            between.append(each)
    return calls


def _frames(frame: FrameType | None, is_program: bool) -> Iterator[FrameType]:
    """Yield the frames of a stack, the outermost first, without those that have started the process or the thread."""
    found = []
    while frame is not None:
        if not _file(frame).startswith("<frozen "):
            found.append(frame)
        frame = frame.f_back
    found.reverse()
    starts = [place for place, each in enumerate(found) if _is_start(each, is_program)]
    if starts:
        del found[: (starts[-1] if is_program else starts[0]) + 1]
    while found and _file(found[0]).startswith(_WAITS):
        del found[0]
    yield from found


def _is_start(frame: FrameType, is_program: bool) -> bool:
    return _file(frame) == _STARTS_PROGRAM if is_program else _is_ours(frame)


def _file(frame: FrameType) -> str:
    return frame.f_code.co_filename


def _is_ours(frame: FrameType) -> bool:
    return _file(frame).startswith(OWN_FOLDER)


def _new_call(row: list[FrameType], between: list[FrameType], full: bool) -> Call:
    """Return the task whose frames these are; ``between``: those of SCOOP's that have called it."""
    name, seconds, owner = _name(row[0]), None, None
    for frame in between:
        local = frame.f_locals
        if frame.f_code is Named.__call__.__code__:
            name = local["self"].__name__
        started = local.get("started", getattr(local.get("self"), "started", None))
        if type(started) is float:
            seconds = monotonic() - started
        batch = getattr(local.get("task"), "batch", None)
        if type(batch) is int:
            owner = owner_of(batch)
    places = [_place(each) for each in row[-MOST_PLACES:]] if full else []
    return Call(name, seconds, owner, places)


def _name(frame: FrameType) -> str:
    name = frame.f_code.co_qualname
    return name if name != "<module>" else _file(frame).rpartition("/")[2]


def _place(frame: FrameType) -> Place:
    file, line = _file(frame), frame.f_lineno or 0
    text = linecache.getline(file, line, frame.f_globals).strip()
    return Place(file, line, frame.f_code.co_name, text)
