"""Plays programs made by ``grammar``: under SCOOP in parallel, else serially. What they return is the same.

A program is made of nodes, each a dictionary: ``do`` says which function here plays it. A node's value is data of
numbers, words and lists. It does not depend on how the tasks are spread, what may differ is not in it.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import scoop
from fuzz import serial
from fuzz.rows import RowError, Spec, join, join_but, joining, noted, row, value_of
from fuzz.ways import LOCK, NOT_SENT, ODD, WAYS, api, outcome
from scoop import errors, shared

Node = dict[str, Any]
Play = Callable[[Node], Any]
constants: Any = shared if scoop.IS_RUNNING else serial

APART = 2.5
"""Seconds between one Ctrl-C and another: a second one within two seconds ends the program at once."""


class Alarm(Exception):
    """What the program's handler of SIGALRM raises."""


def play(node: Node, *_: Any) -> Any:
    """Return the value of a node; what follows the node are arguments for the sake of having them sent."""
    return PLAYS[node["do"]](node)


# -- Tasks.


def leaf(node: Node) -> Any:
    """Be a single task that has no others."""
    return row(node["row"], node["x"])


def submitted(node: Node) -> Any:
    """Submit a task."""
    function = api.with_retries(play, node["tries"]) if "tries" in node else play
    return api.submit(function, node, *([threading.Lock()] if node.get("stays") else []))


def gather(node: Node) -> Any:
    """Submit tasks, and ask for their results in one of several ways; return these in the order of the tasks."""
    tasks = [submitted(child) for child in node["children"]]
    WAYS[node["way"]](tasks)
    return [outcome(task.result) for task in tasks]


def graph(node: Node) -> Any:
    """Submit tasks that depend on each other; return their results in order."""
    tasks: list[Any] = []
    for task in node["tasks"]:
        function = combined_later if task["returns"] else combined
        if "tries" in task["leaf"]:
            function = api.with_retries(function, task["leaf"]["tries"])
        tasks.append(
            api.submit(function, task["leaf"], *placed([tasks[each] for each in task["before"]], task["place"]))
        )
    if node["backwards"]:
        outcome(tasks[-1].result)
    return [graph_outcome(task, future) for task, future in zip(node["tasks"], tasks, strict=True)]


def placed(before: list[Any], place: str) -> list[Any]:
    """Return the arguments in which futures are given to a task."""
    if place == "list":
        return [before]
    if place == "dict":
        return [dict(enumerate(before))]
    return [*before[:1], tuple(before[1:])] if place == "mixed" else before


def combined(node: Node, *given: Any) -> int:
    """Be a task that depends on others: return one more than the sum of what is given."""
    play(node)
    values = [each.values() if isinstance(each, dict) else each for each in given]
    return 1 + sum(each if isinstance(each, int) else sum(each) for each in values) % 1_000_003


def combined_later(node: Node, *given: Any) -> Any:
    """Return the future of that."""
    return api.submit(combined, node, *given)


def graph_outcome(task: Node, future: Any) -> Any:
    """Return what has come of a task. If it depends on others, the first of these to fail decides how it fails."""
    value = outcome(future.result)
    return "raised" if task["before"] and isinstance(value, str) and value.startswith("raised") else value


def abandon(node: Node) -> str:
    """Submit tasks, and never ask."""
    for child in node["children"]:
        submitted(child)
    return "abandoned"


def cancel(node: Node) -> list[str]:
    """Cancel some tasks: either that was in time, or they end as they would have."""
    tasks = [submitted(child) for child in node["children"]]
    if node["late"]:
        outcome(tasks[0].result)
    in_time = {number: tasks[number].cancel() for number in node["which"]}
    return [
        kept(task, in_time.get(number, False), child)
        for number, (task, child) in enumerate(zip(tasks, node["children"], strict=True))
    ]


def kept(task: Any, cancelled: bool, leaf: Node) -> str:
    """Say whether a task has ended as cancel() promised."""
    try:
        value = task.result()
    except errors.CancelledError:
        return "right" if cancelled and task.cancelled() else "cancelled, though cancel() said no"
    if cancelled or task.cancelled():
        return "went on, though cancel() said yes"
    return "right" if value == value_of(leaf["row"], leaf["x"]) else f"wrong: {value}"


def threads(node: Node) -> list[Any]:
    """Play nodes in threads of the program's own."""
    values: list[Any] = [None] * len(node["children"])

    def run(number: int, child: Node) -> None:
        try:
            values[number] = outcome(partial(play, child))
        except BaseException as error:
            values[number] = error

    started = [threading.Thread(target=run, args=each) for each in enumerate(node["children"])]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    for value in values:
        if isinstance(value, BaseException):
            raise value
    return values


# -- Maps.


def nested_row(child: Node, x: int, *_: Any) -> list[Any]:
    """Be a row that plays a node."""
    return [x, outcome(partial(play, child))]


def inputs_of(node: Node) -> list[Iterable[Any]]:
    """Return the iterables that a map is to be over, each row's number in the first."""
    size, kind = node["size"], node["inputs"]
    if kind == "pairs":
        return [range(size), list(range(size, 0, -1))]
    if kind == "locks":
        return [range(size), [threading.Lock() if x % 5 == 2 else x for x in range(size)]]
    return [INPUTS[kind](size)]


def stream(size: int) -> Iterator[int]:
    """Tell no length."""
    yield from range(size)


def slow_stream(size: int) -> Iterator[int]:
    """Take some time over each input."""
    for x in range(size):
        if scoop.IS_RUNNING and x % 8 == 0:
            time.sleep(0.002)
        yield x


def stream_that_raises(size: int) -> Iterator[int]:
    """Raise after the last input."""
    yield from range(size)
    raise RowError("inputs")


def stream_of_results(size: int) -> Iterator[int]:
    """Make the inputs by another map."""
    yield from api.map(abs, range(size))


INPUTS: dict[str, Callable[[int], Iterable[int]]] = {
    "range": range,
    "list": lambda size: list(range(size)),
    "stream": stream,
    "slow stream": slow_stream,
    "stream that raises": stream_that_raises,
    "stream of results": stream_of_results,
    "endless": lambda _: endless(),
}


def endless() -> Iterator[int]:
    """Never end."""
    x = 0
    while True:
        yield x
        x += 1


def begin(node: Node) -> Any:
    """Begin a map."""
    function = partial(nested_row, node["child"]) if "child" in node else partial(row, node["row"])
    if "tries" in node:
        function = api.with_retries(function, node["tries"])
    start = api.map if node["ordered"] else api.map_as_completed
    return start(function, *inputs_of(node), **node["options"])


def consume(node: Node) -> Any:
    """Begin a map, and take what is wanted of it; return that, as far as it is the same each time."""
    results, got = begin(node), list[Any]()
    ending = take(results, got, node)
    if node["end"] == "close":
        results.close()
    del results
    return judged(node, got, ending)


def take(results: Any, got: list[Any], node: Node) -> str:
    """Move results into ``got`` until those that are wanted are there; say how it came to an end."""
    wanted = node["take"]
    if wanted == 0:
        return "enough"
    try:
        for value in results:
            got.append(ODD if isinstance(value, LOCK) else value)
            if len(got) == wanted or got[-1] == ODD:
                return "enough"
    except RowError as error:
        return f"raised {error}"
    except NOT_SENT:
        got.append(ODD)
        return "enough"
    except TimeoutError:
        return "too late"
    return "all"


def judged(node: Node, got: list[Any], ending: str) -> Any:
    """Return what is the same each time of what a map did; a complaint where that is against the rules."""
    ran = noted(node["row"]["note"]) if "note" in node.get("row", ()) else []
    if len(ran) != len(set(ran)):
        return f"rows ran twice: {sorted({x for x in ran if ran.count(x) > 1})}"
    if node["options"].get("timeout", 300) < 1:
        return verdict(node, got, ending != "all")
    if node["ordered"]:
        return [got, ending]
    if node["take"] is not None or "raises_at" in node.get("row", ()):
        return verdict(node, got, True)
    return [sorted(got), ending]


def verdict(node: Node, got: list[Any], partly: bool) -> str:
    """Say whether the values are among those that the rows have, from the first on if in order."""
    rows = zip(*inputs_of(node), strict=True)
    values = [value_of(node["row"], x, *[0 if isinstance(y, LOCK) else y for y in more]) for x, *more in rows]
    once = not Counter(got) - Counter(values)
    right = got == values[: len(got)] if node["ordered"] else once
    return "right" if right and (partly or len(got) == len(values)) else f"wrong: {got}"


def abandon_map(node: Node) -> str:
    """Begin a map and drop it."""
    begin(node)
    return "abandoned"


def two_maps(node: Node) -> list[Any]:
    """Consume two maps by turns."""
    first, second = begin(node["first"]), begin(node["second"])
    return [outcome(partial(next, one)) for pair in zip([first] * 5, [second] * 5, strict=True) for one in pair]


def listed(spec: Spec, x: int) -> list[int]:
    """Be a row of a reduction: the row's number, as the list that is joined to others."""
    row(spec, x)
    return [x]


OPERATIONS: dict[str, Callable[[Node], Callable[[list[int], list[int]], list[int]]]] = {
    "join": lambda _: join,
    "raise": lambda node: partial(join_but, node["op_raises_at"]),
    "slow": lambda _: partial(joining, seconds=0.001),
    "nested": lambda _: nested_join,
}


def nested_join(first: list[int], second: list[int]) -> list[int]:
    """Append by way of tasks."""
    left, right = api.submit(list, first), api.submit(list, second)
    return join(left.result(), right.result())


def reduction(node: Node) -> Any:
    """Reduce or scan a map."""
    call = api.mapScan if node["scan"] else api.mapReduce
    value = call(partial(listed, node["row"]), OPERATIONS[node["op"]](node), *inputs_of(node), **node["options"])
    return [len(each) for each in value] + value[-1] if node["scan"] else value


# -- What only the main program does.


def constant(node: Node) -> list[Any]:
    """Set a constant, have it read, delete it, and again."""
    values = []
    for number in range(node["rounds"]):
        constants.setConst(**{node["name"]: [number, "x" * node["bytes"]]})
        left_over = [api.submit(read, node["name"], 0.0) for _ in range(node["left"])]
        values.append(list(api.map(partial(read, node["name"], node["nap"]), range(node["size"]))))
        values.append([task.result() for task in [api.submit(read, node["name"], 0.0) for _ in range(3)]])
        if not node["hasty"]:
            api.wait(left_over)
        constants.delConst(node["name"])
    return values


def read(name: str, nap: float, *_: Any) -> Any:
    """Read a constant."""
    if scoop.IS_RUNNING:
        time.sleep(nap)
    found = constants.getConst(name, default=["missing"])
    return found[0]


def alarm(node: Node) -> Any:
    """Play a node, and have a handler of the program's raise in the midst."""
    if not scoop.IS_RUNNING:
        return outcome(partial(play, node["child"]))
    signal.signal(signal.SIGALRM, raise_alarm)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, node["delay"])
            return outcome(partial(play, node["child"]))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except Alarm:
        return "alarm"


def raise_alarm(*_: object) -> None:
    """Be the handler."""
    raise Alarm


def interrupt(node: Node) -> str:
    """Play a node, and have Ctrl-C come in the midst, or after it."""
    if not scoop.IS_RUNNING:
        return "interrupted"
    if node["again"]:
        time.sleep(APART)
    try:
        threading.Timer(node["delay"], press, [node["everywhere"]]).start()
        try:
            outcome(partial(play, node["child"]))
        except errors.WorkerLost:
            pass
        time.sleep(20)
    except KeyboardInterrupt:
        return "interrupted"
    return "the interrupt never came"


def press(everywhere: bool) -> None:
    """Send SIGINT to all the processes of the run, as a terminal does, or only to this one."""
    if everywhere:
        os.killpg(0, signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGINT)


PLAYS: dict[str, Play] = {
    "leaf": leaf,
    "gather": gather,
    "graph": graph,
    "abandon": abandon,
    "cancel": cancel,
    "threads": threads,
    "map": consume,
    "abandon map": abandon_map,
    "two maps": two_maps,
    "reduce": reduction,
    "constant": constant,
    "alarm": alarm,
    "interrupt": interrupt,
}
