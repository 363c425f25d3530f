"""A map under every order of events: each wanted row ends once, and nothing comes of a cancelled one."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from interleaved.maps import Process, arrive
from scoop.engine.results.outcomes import pack_error
from scoop.errors import WorkerLost
from scoop.maps.map_in_progress import MapInProgress
from scoop.maps.row_functions import CallRows, MapRows, call_outcome
from scoop.maps.segment import PackedSegment, Segment, pack_segments
from scoop.maps.stolen_chunk import StolenChunk
from scoop.tuning import TUNING
from scoop.wire.messages import Cancel


class RowFailedError(Exception):
    """What a row raises."""


class ChunkElsewhere:
    """A stolen chunk, and how many of its rows have come back."""

    def __init__(self, chunk: StolenChunk, name: int) -> None:
        self.chunk = chunk
        self.name = name
        self.done = 0


class MapMachine(RuleBasedStateMachine):
    """A map that is consumed, stolen from, lost and cancelled."""

    @initialize(
        rows=st.integers(1, 40),
        wrong=st.sets(st.integers(0, 60), max_size=2),
        seconds=st.sampled_from([None, 1e-4, 0.01, 1.0]),
        in_order=st.booleans(),
        retries=st.sampled_from([0, 2]),
        alone=st.booleans(),
    )
    def begin(
        self, rows: int, wrong: set[int], seconds: float | None, in_order: bool, retries: int, alone: bool
    ) -> None:
        self.process = Process()
        self.process.retries = retries
        self.process.leaves_tasks = alone
        if seconds is not None:
            self.process.costs.note_seconds(self.call, seconds)
        self.rows, self.wrong, self.in_order = rows, wrong, in_order
        self.meanwhile: list[Callable[[], object]] = []
        self.begun_here: Counter[int] = Counter()
        self.consumed: Counter[int] = Counter()
        self.away: list[ChunkElsewhere] = []
        self.cancelled = False
        self.lost_some = False
        self.error: BaseException | None = None
        self.names = iter(range(1, 1_000_000))
        self.map = MapInProgress(self.process, MapRows(self.call), (range(rows),), lambda: None)

    def call(self, row: int) -> int:
        assert not self.cancelled, "a row begins after the cancel"
        self.begun_here[row] += 1
        assert self.begun_here[row] == 1, "a row has begun twice in this process"
        if self.meanwhile:
            self.meanwhile.pop()()
        if row in self.wrong:
            raise RowFailedError(row)
        return 10 * row

    # -- what happens here --------------------------------------------------------------------------------------

    @rule(what=st.sampled_from(["nothing", "steal", "collect", "cancel", "consume"]))
    def run(self, what: str) -> None:
        actions: dict[str, list[Callable[[], object]]] = {
            "nothing": [],
            "steal": [lambda: self.steal(2, 0)],
            "collect": [self.map.collect_finished],
            "cancel": [self.cancel],
            "consume": [self.map.collect_finished, self.consume],
        }
        self.meanwhile = actions[what]
        self.map.run_next()
        self.meanwhile = []

    @rule(wanted=st.integers(1, 3), put_back=st.integers(0, 2))
    def steal(self, wanted: int, put_back: int) -> None:
        chunks = self.map.steal(wanted)
        assert not (self.cancelled and chunks)
        sending = self.map.sending(chunks)
        for _ in range(max(1, len(chunks) - put_back)):  # one at least is taken
            if isinstance(chunk := next(sending, None), StolenChunk):
                self._send(chunk)
        sending.close()  # type: ignore[attr-defined]

    def _send(self, chunk: StolenChunk) -> None:
        name = next(self.names)
        chunk.sent_as(name, 0)
        self.away.append(ChunkElsewhere(chunk, name))

    @rule()
    def consume(self) -> None:
        if self.error is not None:
            return
        segment = self.map.pop(self.in_order)
        if segment is None:
            return
        assert not self.cancelled, "something comes back of a cancelled map"
        segment = segment.unpack()
        good = range(segment.start, segment.start + segment.rows - (segment.error is not None))
        assert segment.values == [10 * row for row in good]
        if self.in_order:
            assert segment.start == sum(self.consumed.values())
        self.consumed.update(good)
        assert max(self.consumed.values(), default=1) == 1, "a row has ended twice"
        if segment.error is not None:
            failed = segment.start + segment.rows - 1
            assert failed in self.wrong or self.lost_some
            self.error = segment.error
            self.cancel()  # as the iterator does

    @rule()
    def cancel(self) -> None:
        self.map.cancel()
        self.cancelled = True
        told = {message.batch for message in self.process.sent if isinstance(message, Cancel)}
        assert {each.name for each in self.away} <= told, "a chunk that runs elsewhere hears nothing"

    # -- what happens elsewhere ---------------------------------------------------------------------------------

    @precondition(lambda self: self.away)
    @rule(place=st.integers(0, 1000), most=st.integers(1, 50))
    def report(self, place: int, most: int) -> None:
        each = self.away[place % len(self.away)]
        span = each.chunk.span
        end = min(len(span), each.done + most)
        segments = [self._segment(each, end)]
        failed = segments[0].error is not None
        data, _ = pack_segments(MapRows(self.call), segments, 0.01)
        each.done = end
        if failed or end == len(span):
            each.chunk.arrived((True, data, ()), self.process)
            self.away.remove(each)
        else:
            each.chunk.arrived_in_part((True, data, ()), self.process)

    def _segment(self, each: ChunkElsewhere, end: int) -> Segment:
        rows = each.chunk.span[each.done : end]
        wrong = next((row for row in rows if row in self.wrong), None)
        if wrong is None:
            return Segment(each.done, len(rows), [10 * row for row in rows])
        before = range(rows.start, wrong)
        return Segment(each.done, len(before) + 1, [10 * row for row in before], RowFailedError(wrong))

    @precondition(lambda self: self.away)
    @rule(place=st.integers(0, 1000), how=st.sampled_from(["lost", "stays", "dropped", "unreadable", "interrupted"]))
    def go_wrong(self, place: int, how: str) -> None:
        each = self.away[place % len(self.away)]
        if how == "stays" and not each.done:
            each.chunk.cannot_travel()
        elif how == "dropped" and each.chunk._cancelled:
            each.chunk.dropped(self.process)
        elif how == "interrupted":
            each.chunk.interrupted(self.process)
        elif how == "lost":
            self.lost_some = True
            each.chunk.lost(lambda: RowFailedError("lost"), self.process)
        elif how == "unreadable" and not each.done:
            self.lost_some = True
            each.chunk.arrived((False, pack_error(RowFailedError("unreadable")), ()), self.process)
        else:
            return
        self.away.remove(each)

    @rule()
    def make_deferred_calls(self) -> None:
        calls, self.process.deferred = self.process.deferred, []
        for call in calls:
            call()
        suspects: list[Any] = self.process.suspects
        self.process.suspects = []
        for chunk in suspects:
            assert len(chunk.span) == 1, "after a loss rows are sent singly"
            self._send(chunk)

    @invariant()
    def is_in_the_tables_while_there_are_rows(self) -> None:
        if hasattr(self, "map"):
            ready = self.process.ready
            assert (self.map in ready.tasks) == bool(self.map._unbegun)
            assert (self.map in ready.kept) == bool(self.map._kept)
            assert not ready.running
            rows = [row for ranges in (self.map._unbegun, self.map._kept) for each in ranges for row in each]
            assert len(rows) == len({*rows})
            assert not (self.cancelled and rows)

    def teardown(self) -> None:
        if not hasattr(self, "map"):
            return
        for _ in range(10_000):
            if self.map.is_consumed:
                break
            self.make_deferred_calls()
            if self.away:
                self.report(0, 50)
            elif not self.map.run_next():
                self.steal(3, 0)
            self.consume()
        else:
            raise AssertionError("the map does not end")
        if self.error is None and not self.cancelled:
            assert self.consumed == Counter(range(self.rows)), "some row has not ended"
        assert self.map not in self.process.ready.tasks
        assert self.map not in self.process.ready.kept


MapMachine.TestCase.settings = settings(stateful_step_count=30)
TestEveryRowEndsOnce = MapMachine.TestCase


def map_of(rows: int, seconds: float | None = None, size: float = 0.0) -> MapInProgress:
    """Return a map over ``abs``."""
    process = Process()
    if seconds is not None:
        process.costs.note_seconds(abs, seconds)
    process.costs.note_bytes(abs, size)
    return MapInProgress(process, MapRows(abs), (range(rows),), lambda: None)


@given(st.integers(1, 1000), st.floats(1e-6, 0.1))
def test_slices_grow_step_by_step_to_what_they_are_to_last(rows: int, seconds: float) -> None:
    process = Process(seconds=seconds)
    open_map = MapInProgress(process, MapRows(abs), (range(rows),), lambda: None)
    last, begun = 1, 0
    while (segment := _next(open_map)) is not None:
        assert 1 <= segment.rows <= TUNING.slice_growth * last
        last, begun = segment.rows, begun + segment.rows
    assert begun == rows


def _next(open_map: MapInProgress) -> Segment | PackedSegment | None:
    open_map.run_next()
    return open_map.pop(in_order=True)


def test_heavy_rows_are_begun_one_by_one() -> None:
    open_map = map_of(50, size=TUNING.heavy_bytes)
    assert [_next(open_map).rows for _ in range(50)] == [1] * 50  # type: ignore[union-attr]


def test_the_last_slices_are_shorter_for_the_workers_that_are_idle_then() -> None:
    open_map = map_of(100, seconds=0.001)
    rows = []
    while (segment := _next(open_map)) is not None:
        rows.append(segment.rows)
    assert max(rows) <= 50
    assert sum(rows) == 100


def test_rows_behind_a_suspended_call_are_run_by_its_thread() -> None:
    main, begun = getcurrent(), list[int]()

    def call(row: int) -> int:
        begun.append(row)
        if row == 2:
            main.switch()  # as a call that waits for a task elsewhere
        return row

    process = Process()
    process.costs.note_seconds(call, 1e-6)  # so that all rows are one slice
    open_map = MapInProgress(process, MapRows(call), (range(20),), lambda: None)
    waiting = greenlet(open_map.run_next)
    waiting.switch()
    assert begun == [0, 1, 2]
    process.waits[waiting] = None
    while process.ready.take_back_suspended():
        while open_map.run_next():
            pass
    assert sorted(begun) == [*range(20)]
    assert not process.ready.has_rows_in_slices()
    waiting.switch()
    results: list[int] = []
    while not open_map.is_consumed:
        results += open_map.pop(in_order=True).unpack().values  # type: ignore[union-attr]
    assert results == [*range(20)]
    assert not process.ready.running


def test_of_calls_that_travel_together_the_one_that_is_lost_fails_alone() -> None:
    process = Process()
    calls: list[Any] = [((row,), {}) for row in range(10)]
    process.costs.note_seconds(abs, 0.01)
    open_map = MapInProgress(process, CallRows(abs), (calls,), lambda: None)
    lost = [chunk for chunk in open_map.steal(1) if isinstance(chunk, StolenChunk)]
    for chunk in lost:
        chunk.lost(lambda: WorkerLost("gone"), process)
    process.settle()
    culprit, *others = process.suspects
    culprit.lost(lambda: WorkerLost("gone again"), process)
    process.settle()
    for each in others:
        arrive(process, each, lambda call: (call[0][0],))
    outcomes: list[tuple[bool, Any]] = []
    while not open_map.is_consumed:
        if (segment := _next(open_map)) is not None:
            outcomes += map(call_outcome, segment.unpack().values)
    failed = lost[0].span.start
    assert [value for _, value in outcomes if type(value) is int] == [row for row in range(10) if row != failed]
    assert isinstance(outcomes[failed][1], WorkerLost)


def test_a_slice_that_takes_far_too_long_ends_after_the_row_at_hand() -> None:
    process = Process()

    def call(row: int) -> int:
        process.ready.end_overdue_slices()  # the I/O thread looks now and then
        if row == 2:
            process.time += 1
            process.ready.end_overdue_slices()
        return row

    process.costs.note_seconds(call, 1e-6)  # so that all rows are one slice
    open_map = MapInProgress(process, MapRows(call), (range(20),), lambda: None)
    assert open_map.run_next()
    assert open_map.pop(in_order=True).unpack().values == [0, 1, 2]  # type: ignore[union-attr]
    assert open_map in process.ready.tasks
    while open_map.run_next():
        pass
    results: list[int] = []
    while not open_map.is_consumed:
        results += open_map.pop(in_order=True).unpack().values  # type: ignore[union-attr]
    assert results == [*range(3, 20)]
