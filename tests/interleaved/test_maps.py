"""Maps under every order of lines: no row twice, none lost, none after the close."""

import pickle
from collections import Counter

import pytest

from scoop.engine.offers.outbox import FutureInFlight
from scoop.engine.results.future import new_task
from scoop.engine.tasks.task import PLAIN
from scoop.engine.threads.blocking import WaitPoint
from scoop.engine.waiting import Waiting
from scoop.maps.consumer import Consumer
from scoop.maps.map_in_progress import MapInProgress
from scoop.maps.received_chunk import ReceivedChunk
from scoop.maps.row_functions import NOT_BEGUN, MapRows
from scoop.maps.running_slice import RunningSlice
from scoop.maps.segment import Segment
from scoop.maps.stolen_chunk import StolenChunk

from .interleaver import Interleaver, NoLock, over_seeds
from .maps import Process, arrive, new_map

ROWS = 12


class Rows:
    """The rows of one map: which have begun, and whether any may."""

    def __init__(self) -> None:
        self.begun: Counter[int] = Counter()
        self.closed = False

    def __call__(self, row: int) -> int:
        assert not self.closed, f"row {row} begins after the close"
        return self.elsewhere(row)

    def elsewhere(self, row: int) -> int:
        """Begin on another worker, which may hear of the close a moment later."""
        self.begun[row] += 1
        assert self.begun[row] == 1, f"row {row} has begun twice"
        return 10 * row


def steal_and_answer(process: Process, open_map: MapInProgress, rows: Rows, times: int) -> None:
    """Steal, have the rows run elsewhere, and bring their results."""
    for _ in range(times):
        for number, chunk in enumerate(open_map.sending(open_map.steal(1))):
            assert isinstance(chunk, StolenChunk)
            chunk.sent_as(1, number)
            if not rows.closed:
                arrive(process, chunk, rows.elsewhere, parts=2)
            else:
                chunk.dropped(process)


def assert_nothing_on_offer(process: Process, open_map: MapInProgress) -> None:
    assert open_map not in process.ready.tasks
    assert open_map not in process.ready.kept
    assert not process.ready.running
    assert not open_map._unbegun
    assert not open_map._kept


def consume_steal_and_close(interleaver: Interleaver) -> None:
    process, rows = Process(interleaver), Rows()
    open_map = new_map(process, ROWS, rows)
    found: list[int] = []

    def consume() -> None:
        while not open_map.is_consumed:
            segment = open_map.pop(in_order=True)
            if segment is not None:
                segment = segment.unpack()
                assert segment.error is None, segment.error
                found.extend(segment.values)
            elif not open_map.run_next():
                interleaver.step()

    def close() -> None:
        while len(found) < ROWS // 3:
            interleaver.step()
        open_map.cancel()
        rows.closed = True

    interleaver.run(consume, lambda: steal_and_answer(process, open_map, rows, 4), close)
    assert found == [10 * row for row in range(len(found))], "out of order, or a row is missing"
    assert_nothing_on_offer(process, open_map)


def consume_and_steal(interleaver: Interleaver) -> None:
    process, rows = Process(interleaver), Rows()
    found: list[int] = []
    consumer = Consumer(process, in_order=bool(interleaver.choice.randrange(2)))
    open_map = new_map(process, ROWS, rows, consumer.point.notify)
    consumer.maps.append(open_map)

    def consume() -> None:
        while (segment := consumer.next()) is not None:
            assert segment.error is None, segment.error
            found.extend(segment.values)

    def steal() -> None:
        steal_and_answer(process, open_map, rows, 3)

    interleaver.run(consume, steal, steal)
    assert sorted(found) == [10 * row for row in range(ROWS)]
    assert_nothing_on_offer(process, open_map)


def put_back_and_cancel(interleaver: Interleaver) -> None:
    process, rows = Process(interleaver), Rows()
    open_map = new_map(process, ROWS, rows)

    def steal_and_put_back() -> None:
        for _ in range(3):
            sending = open_map.sending(open_map.steal(2))
            chunk = next(sending, None)
            if isinstance(chunk, StolenChunk) and interleaver.choice.randrange(2):
                chunk.cannot_travel()
            elif isinstance(chunk, StolenChunk):
                open_map.chunk_stays(chunk, cannot_travel=False)
            sending.close()  # type: ignore[attr-defined]

    def cancel() -> None:
        for _ in range(interleaver.choice.randrange(10)):
            interleaver.step()
        open_map.cancel()
        rows.closed = True

    def run() -> None:
        while open_map.run_next():
            pass

    interleaver.run(steal_and_put_back, cancel, run)
    assert_nothing_on_offer(process, open_map)
    assert not open_map._chunks


def stop_while_rows_run(interleaver: Interleaver) -> None:
    process, rows, found = Process(interleaver), Rows(), list[int | tuple[()]]()
    consumer = Consumer(process, in_order=True)
    open_map = new_map(process, ROWS, rows, consumer.point.notify)
    consumer.maps.append(open_map)

    def consume() -> None:
        while (segment := consumer.next()) is not None:
            found.extend(segment.values)

    def stop() -> None:
        for _ in range(interleaver.choice.randrange(60)):
            interleaver.step()
        open_map.stop()
        rows.closed = True

    interleaver.run(consume, lambda: steal_and_answer(process, open_map, rows, 4), stop)
    assert len(found) == ROWS, "the end of a row is not reported, or twice"
    for row, value in enumerate(found):
        assert value == (10 * row if rows.begun[row] else NOT_BEGUN)
    assert_nothing_on_offer(process, open_map)


def split_while_it_runs(interleaver: Interleaver) -> None:
    rows, reported, given = Rows(), list[int](), list[range]()

    def begin(row: int) -> int:
        interleaver.step()
        return rows(row)

    running = RunningSlice(MapRows(begin), (range(100),), range(20, 20 + ROWS), 0.0, 0.01)

    def loop() -> None:
        assert running.run() is None
        last.append(running.last_segment(None))

    def split() -> None:
        for _ in range(3):
            given.append(running.split())

    def look() -> None:
        for _ in range(4):
            if (segment := running.take_results()) is not None:
                assert segment.start == 20 + len(reported)
                reported.extend(segment.values)

    last: list[Segment] = []
    interleaver.run(loop, split, look)
    here = [row // 10 for row in reported + last[0].values]
    assert here == [*range(20, 20 + len(here))], "a result is missing, or was reported twice"
    elsewhere = sorted(row for each in given for row in each)
    assert here + elsewhere == [*range(20, 20 + ROWS)]


def notify_while_the_wait_begins(interleaver: Interleaver) -> None:
    process, arrived, seen = Process(interleaver), list[int](), list[int]()
    point = WaitPoint(process)

    def wait() -> None:
        while len(seen) < 4:
            point.block(lambda: len(arrived) > len(seen))
            seen[:] = arrived

    def bring() -> None:
        for number in (1, 2):
            arrived.append(number)
            point.notify()

    interleaver.run(wait, bring, bring)


class Table(Process):
    """What waits for futures need."""

    def offer(self, future: object) -> None:
        """Have nothing to do with offers."""

    def run_if_unclaimed(self, future: object) -> bool:  # noqa: ARG002
        """Return that another thread has the future."""
        return False

    def run_on_fresh_stack(self, future: object) -> None:
        """Leave the future to the thread that has it."""

    def poll(self, future: object) -> None:
        """Have nothing to do with polling."""


def futures_end_while_the_wait_begins(interleaver: Interleaver) -> None:
    table = Table(interleaver)
    tasks = [new_task(abs, (number,), {}) for number in range(3)]
    sent = [FutureInFlight(task) for task in tasks]

    def wait() -> None:
        waiting = Waiting(table, tasks)
        ended = [waiting.next() for _ in tasks]
        waiting.close()
        assert {*ended} == {*tasks}
        assert len(ended) == len(tasks)

    def bring() -> None:
        for each in sent[:2]:
            each.arrived((True, b"", ()), table)

    interleaver.run(wait, bring, lambda: sent[2].dropped(table))


SCENARIOS = [
    consume_steal_and_close,
    consume_and_steal,
    put_back_and_cancel,
    stop_while_rows_run,
    split_while_it_runs,
    notify_while_the_wait_begins,
    futures_end_while_the_wait_begins,
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_rows_and_results_are_safe_in_every_order_of_lines(scenario: object) -> None:
    over_seeds(scenario, 200)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "scenario", [consume_steal_and_close, put_back_and_cancel, stop_while_rows_run, split_while_it_runs]
)
def test_without_its_lock_a_map_is_found_to_be_unsafe(scenario: object) -> None:
    with pytest.raises(AssertionError, match="seed"):
        over_seeds(scenario, 2000, lock=NoLock, rlock=NoLock)  # type: ignore[arg-type]


def run_a_chunk_and_report(interleaver: Interleaver) -> None:
    process, rows = Process(interleaver), Rows()
    process.costs.note_seconds(rows, 0.01)
    reported = Counter[int]()
    ended = []

    def take(data: bytes, large: object) -> None:
        assert not large
        for segment in pickle.loads(data)[1]:
            reported.update(range(segment.start, segment.start + segment.rows))

    chunk = ReceivedChunk(process, MapRows(rows), (range(ROWS),), PLAIN, take)

    def run() -> None:
        take(*chunk.run(lambda _: False))
        ended.append(True)

    def report() -> None:
        while not ended:
            chunk.report()
            interleaver.step()

    interleaver.run(run, report)
    assert reported == dict.fromkeys(range(ROWS), 1)


def test_a_row_of_a_chunk_is_reported_once() -> None:
    over_seeds(run_a_chunk_and_report, 100)
