"""``--otel`` and ``otel=True``: tasks as spans of OpenTelemetry, by the real SDK."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from running import Run, RunScoop, run_python
from scoop.trace.spans.task_spans import PROGRAM, TaskSpans

COLLECT = """
import atexit, json, sys, time
from scoop import Executor, futures

def leaf(x):
    time.sleep(0.002)
    return x

def branch(n):
    return sum(each.result() for each in [futures.submit(leaf, x) for x in range(n)])

def fail():
    raise ValueError

def show(memory):
    spans = memory.get_finished_spans()
    known = {span.context.span_id: span for span in spans}
    for span in spans:
        parent = span.parent and known[span.parent.span_id].name
        assert span.start_time <= span.end_time
        assert span.context.trace_id == spans[-1].context.trace_id
        print(json.dumps((span.name, parent, span.status.status_code.name, dict(span.attributes))))

def collect():
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    memory = InMemorySpanExporter()
    atexit.register(show, memory)
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    return trace.get_tracer("test")
"""

IN_A_RUN = """
if __name__ == "__main__":
    collect()
    assert sum(each.result() for each in [futures.submit(branch, 3) for _ in range(20)]) == 60
    assert list(futures.map(leaf, range(500, 550), chunksize=5)) == [*range(500, 550)]
    assert futures.submit(fail).exception()
"""

IN_AN_EXECUTOR = """
if __name__ == "__main__":
    with collect().start_as_current_span("mine"):
        with Executor(2, otel=True) as executor:
            assert sum(each.result() for each in [executor.submit(branch, 3) for _ in range(20)]) == 60
            assert list(executor.map(leaf, range(500, 550), chunksize=5)) == [*range(500, 550)]
            assert executor.submit(fail).exception()
"""


class Span(NamedTuple):
    name: str
    parent: str | None
    status: str
    about: dict[str, Any]


def spans_of(run: Run) -> list[Span]:
    assert (run.err, run.status) == ("", 0)
    return [Span(*json.loads(line)) for line in run.out.splitlines()]


@pytest.mark.parametrize("is_executor", [False, True])
def test_each_task_is_a_span_below_the_one_that_has_made_it(scoop_run: RunScoop, is_executor: bool) -> None:
    text = COLLECT + (IN_AN_EXECUTOR if is_executor else IN_A_RUN)
    spans = spans_of(scoop_run(text, options=("--otel",), plain=is_executor))
    parents = [(span.name, span.parent) for span in spans]
    assert parents.count(("leaf", "branch")) == 60
    assert parents.count(("fail", "script.py")) == 1
    assert ("script.py", "mine" if is_executor else None) in parents
    assert [span.name for span in spans if span.status == "ERROR"] == ["fail"]
    slices = [span.about for span in spans if span.name == "leaf" and span.parent != "branch"]
    rows = {
        row for each in slices for row in range(each["scoop.first_row"], each["scoop.first_row"] + each["scoop.rows"])
    }
    assert rows >= {*range(50)} or is_executor  # of an executor's the rows are numbered from where a worker begins
    workers = {span.about["scoop.worker"].partition(": ")[2] for span in spans if span.name == "branch"}
    assert workers & {"worker 1", "worker 2"}


def test_the_exporter_that_a_variable_names_is_used(scoop_run: RunScoop) -> None:
    program = COLLECT + "\nif __name__ == '__main__': futures.submit(leaf, 1).result()\n"
    env = {"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "my-study"}
    run = scoop_run(program, n=1, options=("--otel",), env=env)
    assert (run.err, run.status) == ("", 0)
    assert '"name": "leaf"' in run.out
    assert "my-study" in run.out


def test_without_an_exporter_a_run_says_that_nothing_was_sent(scoop_run: RunScoop) -> None:
    run = scoop_run("print('done')", n=1, options=("--otel",))
    assert (run.out, run.status) == ("done\n", 0)
    assert "(SC-55)" in run.err


def test_a_package_that_is_missing_is_told_before_anything_starts(scoop_run: RunScoop, tmp_path: Path) -> None:
    run = scoop_run("print('done')", n=1, options=("--otel",), env={"OTEL_TRACES_EXPORTER": "missing"})
    assert (run.out, run.status) == ("", 2)
    assert "OTEL_TRACES_EXPORTER names the exporter missing, which no installed package has" in run.err
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from scoop.trace.spans.exporters import find_exporter\n"
        "try: find_exporter()\n"
        "except Exception as problem: print(problem)"
    )
    assert "pip install opentelemetry-sdk" in run_python("-c", code, cwd=tmp_path).out


LINES = [
    b'{"cat":"task","name":"parent","pid":1,"ts":1,"dur":9,"args":{"id":7,"parent":0}},\n',
    b'{"cat":"move","name":"give","pid":1,"args":{"batch":"5","tasks":[[7,2.0],[7,2.0,10,5]]}},\n',
    b'{"cat":"task","name":"child","pid":2,"ts":3,"dur":1,"args":{"id":1,"task":"5.0"}},\n',
    b'{"cat":"part","name":"rows","pid":2,"ts":4,"dur":1,"args":{"id":2}},\n'
    b'{"cat":"task","name":"rows","pid":2,"ts":6,"dur":1,"args":{"id":2,"task":"5.1","failed":true}},\n',
]


@pytest.mark.parametrize("lines", [*permutations(LINES)])
def test_a_span_waits_until_it_is_known_who_has_made_its_task(lines: tuple[bytes, ...]) -> None:
    spans = TaskSpans()
    found = {span.name: span for line in lines for span in spans.of(line)}
    assert [*spans.rest()] == []
    assert {name: span.parent for name, span in found.items()} == {"parent": PROGRAM, "child": (1, 7), "rows": (1, 7)}
    assert (found["rows"].start, found["rows"].end, found["rows"].waits, found["rows"].failed) == (
        4,
        7,
        [(5, 6)],
        True,
    )
    assert found["rows"].attributes["scoop.first_row"] == 10


def test_functions_may_have_any_name() -> None:
    spans = TaskSpans()
    for name in ("give", "scoop"):
        line = b'{"cat":"open","name":"%s","pid":2,"ts":3,"args":{"id":1}},\n' % name.encode()
        assert [*spans.of(line)] == []


def test_a_task_that_nobody_is_known_to_have_made_is_the_programs() -> None:
    spans = TaskSpans()
    assert [*spans.of(LINES[2])] == []
    assert [(span.name, span.parent) for span in spans.rest()] == [("child", PROGRAM)]
