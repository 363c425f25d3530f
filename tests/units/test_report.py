"""What a report says, of trees of tasks of which the truth is known."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.report import summary as summaries
from scoop.report import timeline as timelines
from scoop.report.advice import Facts, advice
from scoop.report.clocks import offsets
from scoop.report.critical_path import CriticalPath, critical_path, speedups
from scoop.report.families import Families
from scoop.report.functions import Function, functions_of
from scoop.report.intervals import Interval, bins, minus, total, union
from scoop.report.own_time import OwnTimes
from scoop.report.page import page
from scoop.report.pieces import Pieces
from scoop.report.reading import read
from scoop.report.task import Task
from scoop.report.tasks import Tasks
from scoop.report.text import text
from scoop.report.trace import Move, Process, Trace
from scoop.report.workers import Times, running_of, times, utilization


def process(number: int, **known: Any) -> Process:
    settings = {"host": "here", "machine": 0, "worker": number, "is_origin": number == 0, "begun": 0.0, "up": 0.0}
    return Process(number, **{**settings, "ended": None, "about": {}, **known})


def task(process: int, number: int, *parts: Interval, **known: Any) -> Task:
    return Task(process, number, known.pop("function", "work"), parts, **known)


def own_times(tasks: Tasks) -> OwnTimes:
    return OwnTimes(tasks, Families(tasks), Pieces(tasks, ()))


def path_of(*each: Task) -> CriticalPath:
    tasks = Tasks(each)
    return critical_path(tasks, Families(tasks), own_times(tasks))


def trace_of(processes: list[Process], tasks: list[Task], moves: list[Move], is_whole: bool) -> Trace:
    return Trace(processes, Tasks(tasks), moves, is_whole)


def running(trace: Trace) -> dict[int, list[Interval]]:
    return running_of(trace, Pieces(trace.tasks, trace.moves))


def summary(trace: Trace) -> dict[str, Any]:
    return summaries.summary(trace, Pieces(trace.tasks, trace.moves))


def timeline(trace: Trace) -> dict[str, Any]:
    return timelines.timeline(trace, Pieces(trace.tasks, trace.moves))


# -- intervals ------------------------------------------------------------------------------------------------------

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair))))


def seconds_of(intervals: Any) -> set[int]:
    return {second for since, until in intervals for second in range(since, until)}


@given(SPANS, SPANS)
def test_intervals_are_sets_of_moments(one: list[Interval], other: list[Interval]) -> None:
    assert seconds_of(union(one)) == seconds_of(one)
    assert seconds_of(minus(union(one), union(other))) == seconds_of(one) - seconds_of(other)
    assert total(union(one)) == len(seconds_of(one))


@given(SPANS)
def test_bins_have_what_the_intervals_cover(spans: list[Interval]) -> None:
    covered = seconds_of(spans)
    found = bins(union(spans), 0, 50, 10)
    assert found == pytest.approx([len(covered & {*range(at, at + 5)}) / 5 for at in range(0, 50, 5)])


# -- the critical path ----------------------------------------------------------------------------------------------


def test_two_tasks_side_by_side_take_as_long_as_the_longer() -> None:
    program = task(0, 0, (0, 1), (8, 9), function="program")
    first, second = task(1, 1, (1, 5), parent=(0, 0), made=0.5), task(2, 1, (1, 8), parent=(0, 0), made=0.5)
    path = path_of(program, first, second)
    assert path.work == 13
    assert path.seconds == 0.5 + 7 + 1
    assert [(share.function, share.seconds) for share in path.shares] == [("work", 7), ("program", 1.5)]
    assert speedups(path, [1, 2, 64]) == {1: 1, 2: 13 / 8.5, 64: 13 / 8.5}


def test_tasks_in_a_row_allow_no_speedup() -> None:
    program = task(0, 0, (0, 1), (3, 4), (6, 7))
    path = path_of(program, task(1, 1, (1, 3), parent=(0, 0), made=1), task(1, 2, (4, 6), parent=(0, 0), made=4))
    assert path.seconds == path.work == 7


def test_a_task_on_the_stack_of_another_could_run_beside_it() -> None:
    outer = task(1, 1, (0, 10), function="outer")
    path = path_of(outer, task(1, 2, (2, 5), parent=(1, 1), made=1), task(1, 3, (5, 9), parent=(1, 1), made=1))
    assert path.work == 10
    assert path.seconds == 1 + 4 + 1


def test_rows_of_a_map_do_not_wait_for_each_other() -> None:
    path = path_of(task(0, 0, (0, 1)), task(1, 1, (1, 11), parent=(0, 0), made=1, rows=100))
    assert path.work == 11
    assert path.seconds == pytest.approx(1.1)


@dataclass
class Plan:
    """A task to come: what it does, in order: work for so long, make a child, or wait for that."""

    steps: list[tuple[str, int]] = field(default_factory=list)
    children: list["Plan"] = field(default_factory=list)


@st.composite
def plans(draw: st.DrawFn, depth: int = 3) -> Plan:
    plan = Plan()
    made: list[int] = []
    for _ in range(draw(st.integers(0, 5))):
        kinds = ["work", *(["make"] if depth else []), *(["wait"] if made else [])]
        kind = draw(st.sampled_from(kinds))
        if kind == "make":
            made.append(len(plan.children))
            plan.children.append(draw(plans(depth=depth - 1)))
            plan.steps.append(("make", made[-1]))
        elif kind == "wait":
            plan.steps.append(("wait", made.pop(draw(st.integers(0, len(made) - 1)))))
        else:
            plan.steps.append(("work", draw(st.integers(1, 9))))
    plan.steps += [("wait", child) for child in made] + [("work", 1)]
    return plan


def span_of(plan: Plan) -> int:
    """Return how long a plan takes with as many workers as could be used."""
    clock, ends = 0, {}
    for kind, number in plan.steps:
        if kind == "work":
            clock += number
        elif kind == "make":
            ends[number] = clock + span_of(plan.children[number])
        else:
            clock = max(clock, ends[number])
    return clock


def work_of(plan: Plan) -> int:
    return sum(n for kind, n in plan.steps if kind == "work") + sum(map(work_of, plan.children))


def ran_alone(plan: Plan) -> list[Task]:
    """Return the tasks of a plan as one worker runs it: each child on the stack of the task that waits for it."""
    tasks: list[Task] = []
    numbers = iter(range(1, 10_000))

    def run(plan: Plan, clock: int, parent: int | None, made: int) -> int:
        number, since, made_at = next(numbers), clock, {}
        for kind, step in plan.steps:
            if kind == "work":
                clock += step
            elif kind == "make":
                made_at[step] = clock
            else:
                clock = run(plan.children[step], clock, number, made_at[step])
        tasks.append(task(1, number, (since, clock), parent=None if parent is None else (1, parent), made=made))
        return clock

    run(plan, 0, None, 0)
    return tasks


@given(plans())
def test_one_worker_shows_what_many_could_do(plan: Plan) -> None:
    tasks = ran_alone(plan)
    path = path_of(*tasks)
    assert path.work == pytest.approx(work_of(plan))
    assert path.seconds == pytest.approx(span_of(plan))
    assert sum(share.seconds for share in path.shares) == pytest.approx(path.seconds)


# -- workers --------------------------------------------------------------------------------------------------------


def test_each_second_of_a_worker_is_accounted_for() -> None:
    worker = process(1, begun=-2.0, up=0.0, ended=20.0)
    tasks = [task(1, 1, (1, 4), (9, 10)), task(1, 2, (5, 6), thread=1)]
    trace = trace_of([worker], tasks, [Move("unpack", 1, 0, 0.5, 1, 10), Move("give", 1, 0, 2, 3, 10)], True)
    assert times(trace, running(trace))[1] == Times(running=4, moving=1.5, waiting=4, starting=2, idle=10.5)


@st.composite
def schedules(draw: st.DrawFn) -> list[list[Interval]]:
    """Draw when each of some workers ran tasks, which do not overlap."""
    return [sorted(union(draw(SPANS))) for _ in range(draw(st.integers(1, 4)))]


@given(schedules())
def test_utilization_is_the_part_of_workers_that_ran_tasks(schedule: list[list[Interval]]) -> None:
    workers = [process(number, ended=50.0) for number in range(1, len(schedule) + 1)]
    tasks = [task(n, i, span) for n, spans in enumerate(schedule, 1) for i, span in enumerate(spans, 1)]
    trace = trace_of(workers, tasks, [], True)
    busy = [seconds_of(spans) for spans in schedule]
    expected = [sum(second in each for each in busy) / len(busy) for second in range(50)]
    assert utilization(trace, running(trace), 50) == pytest.approx(expected)
    for worker, seconds in zip(workers, busy, strict=True):
        found = times(trace, running(trace))[worker.number]
        assert (found.running, found.idle) == pytest.approx((len(seconds), 50 - len(seconds)))


# -- functions, clocks, advice --------------------------------------------------------------------------------------


def test_a_function_is_told_by_what_its_calls_worked_themselves() -> None:
    tasks = [task(1, n, (10 * n, 10 * n + n), function="f", arguments=str(n)) for n in range(1, 10)]
    tasks += [task(1, 20, (200, 300), function="rows", rows=1000), task(1, 21, (210, 220), failed=True)]
    rows, f, work = functions_of(Tasks(tasks), own_times(Tasks(tasks)))
    assert (f.calls, f.total, f.median, f.longest, f.arguments) == (9, 45, 5, 9, "9")
    assert rows.calls == 1000
    assert (rows.total, rows.median) == pytest.approx((90, 0.09))
    assert (work.failed, work.total) == (1, 10)
    assert [sum(each.lengths) for each in (rows, f, work)] == [1000, 9, 1]


@given(st.floats(-1e4, 1e4), st.floats(0, 0.1), st.floats(0, 0.1))
def test_clocks_are_set_by_the_shortest_journeys(ahead: float, there: float, back: float) -> None:
    far = process(2, machine=1)
    moves = [
        Move("give", 0, 0, 1.0, 1.1, 10, "7", [0, 1]),
        Move("received", 2, 0, 1.1 + there + ahead, 1.1 + there + ahead, 10, "7", [0, 1]),
        Move("returned", 0, 0, 5.0 + back, 5.0 + back, 10, "7", [0]),
    ]
    tasks = [task(2, 1, (4 + ahead, 5 + ahead), task="7.0"), task(2, 2, (6 + ahead, 9 + ahead), task="7.1")]
    found = offsets(trace_of([process(0), far], tasks, moves, True))
    assert found == {1: pytest.approx(ahead + (there - back) / 2, abs=1e-6)}


def facts(**known: Any) -> Facts:
    usual = {
        "seconds": 10.0,
        "workers": [Times(9.5, 0.1, 0, 0.1, 0.4)] * 2,
        "path": CriticalPath(0.1, 19.0, ()),
        "functions": [],
        "given": 10,
        "moved_bytes": 1000,
        "lost": 0,
        "first_seconds": 0.1,
    }
    return Facts(**{**usual, **known})


def function(**known: Any) -> Function:
    usual = {"name": "f", "calls": 10, "total": 19.0, "median": 1.0, "p95": 1.0, "longest": 1.0}
    return Function(**{**usual, "arguments": "", "failed": 0, "lengths": [], **known})


ADVICE: dict[str, dict[str, Any]] = {
    "No number": {},
    "Start tasks earlier": {"workers": [Times(2, 0, 0, 0, 8)] * 2},
    "More workers will not help": {"workers": [Times(2, 0, 0, 0, 8)] * 2, "path": CriticalPath(4, 4, ())},
    "Packing": {"workers": [Times(5, 5, 0, 0, 0)]},
    "Tasks waited": {"workers": [Times(5, 0, 5, 0, 0)]},
    "use a map": {"functions": [function(calls=100_000, median=2e-6)]},
    "split it": {"functions": [function(median=0.01, longest=8.0)]},
    "were lost": {"lost": 3},
    "imports": {"first_seconds": 8.0},
}


@pytest.mark.parametrize("words", ADVICE)
def test_advice_is_given_where_a_number_warrants_it(words: str) -> None:
    (line,) = advice(facts(**ADVICE[words]))
    assert words in line


# -- what is shown --------------------------------------------------------------------------------------------------


def small_trace() -> Trace:
    tasks = [task(0, 0, (0, 1), (4, 5)), task(1, 1, (1, 4), parent=(0, 0), made=0.5, arguments="</script>")]
    return trace_of([process(0), process(1)], tasks, [Move("give", 0, 0, 0.6, 0.7, 100, "5", [0])], False)


def test_a_page_needs_nothing_from_elsewhere() -> None:
    found = page(summary(small_trace()), timeline(small_trace()))
    assert "http" not in found.replace("http-equiv", "")
    assert found.count("</script>") == 1
    assert "/*DATA*/" not in found


def test_the_text_names_functions_and_says_that_a_trace_has_no_end() -> None:
    found = text(summary(small_trace()))
    assert "work" in found
    assert "has no end" in found
    assert "Critical path" in found


def test_json_has_all_of_it() -> None:
    found = json.loads(json.dumps(summary(small_trace())))
    assert found["run"]["tasks"] == 1
    assert found["run"]["moved_bytes"] == 100
    assert found["critical_path"]["seconds"] == 0.5 + 3 + 1


def every_kind_of_trace() -> Iterator[Trace]:
    yield trace_of([process(0)], [], [], True)
    yield trace_of([process(1)], [task(1, 1, (0, 0))], [], False)
    yield trace_of([process(0), process(1)], [task(1, 1, (0, 1), parent=(7, 7))], [], False)


@pytest.mark.parametrize("trace", [*every_kind_of_trace()])
def test_a_trace_with_hardly_anything_has_a_report(trace: Trace) -> None:
    assert page(summary(trace), timeline(trace))
    assert text(summary(trace))


# -- reading --------------------------------------------------------------------------------------------------------

ABOUT = {"host": "here", "machine": 0, "worker": 0, "is_origin": True, "begun": 0, "up": 0}


def line_of(task: dict[str, Any]) -> str:
    about = {"id": task["number"], "parent": task["parent"], "made": 500, **task["about"]}
    event = {"ph": "X", "cat": "task", "name": task["name"], "pid": 7, "tid": 0, "ts": task["start"], "dur": 2250}
    line = json.dumps({**event, "args": about}, separators=(",", ":")) + ",\n"
    return re.sub(r'("(?:ts|dur|made)":-?\d+)', r"\1e-3", line)


TEXTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.integers().map(lambda n: {"args": n}), st.text().map(lambda text: {"args": text})
)
TASKS = st.fixed_dictionaries(
    {
        "name": st.text(max_size=5),
        "number": st.integers(1, 10_000),
        "parent": st.integers(0, 2**40),
        "start": st.integers(-100, 10**12),
        "about": st.one_of(TEXTS, st.just({"failed": True}), st.just({"task": "5.0", "rows": 3})),
    }
)


@given(st.lists(TASKS, unique_by=lambda task: task["number"]))
def test_tasks_are_read_one_by_one_or_many_at_once_and_are_the_same(tasks: list[dict[str, Any]]) -> None:
    about = json.dumps({"ph": "M", "name": "scoop", "pid": 7, "args": ABOUT})
    with NamedTemporaryFile("w") as file:
        file.write(f"[\n{about},\n{''.join(map(line_of, tasks))}")
        file.flush()
        found = {task.number: task for task in read(file.name).tasks}
    assert [*sorted(found)] == sorted(task["number"] for task in tasks)
    for expected in tasks:
        task = found[expected["number"]]
        assert (task.function, task.parent) == (expected["name"], (7, expected["parent"]))
        assert (task.start, task.end) == pytest.approx((expected["start"] / 1e9, (expected["start"] + 2250) / 1e9))
        assert task.arguments == str(expected["about"].get("args", ""))
        assert (task.failed, task.rows) == ("failed" in expected["about"], expected["about"].get("rows", 0))
