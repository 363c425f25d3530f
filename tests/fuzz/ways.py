"""Ways to wait for tasks, all of which come to the same."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import scoop
from fuzz import serial
from fuzz.rows import RowError
from scoop import errors, futures

api: Any = futures if scoop.IS_RUNNING else serial

ODD = "what cannot travel"
LOCK = type(threading.Lock())
NOT_SENT = (errors.ResultNotSent, errors.TaskNotSent)


def outcome(call: Callable[[], Any]) -> Any:
    """Return what the call returns, as data; or which of the errors it raised that programs raise on purpose."""
    try:
        value = call()
    except RowError as error:
        return f"raised {error}"
    except NOT_SENT:
        return ODD
    return ODD if isinstance(value, LOCK) else value


def in_order(tasks: list[Any]) -> None:
    """Do nothing: the results are asked for one after another."""


def last_first(tasks: list[Any]) -> None:
    """Ask for the last result first."""
    for task in reversed(tasks):
        outcome(task.result)


def by_as_completed(tasks: list[Any]) -> None:
    """Take them as they end."""
    ended = list(api.as_completed(tasks))
    assert sorted(map(id, ended)) == sorted(map(id, tasks)), "as_completed() tells each once"


def by_waiting(tasks: list[Any]) -> None:
    """Wait for all."""
    done, not_done = api.wait(tasks)
    assert (done, not_done) == (set(tasks), set())


def by_first(tasks: list[Any]) -> None:
    """Wait for one after another."""
    left = set(tasks)
    while left:
        done, rest = api.wait(left, return_when="FIRST_COMPLETED")
        assert done, "one at least has ended"
        assert done | rest == left
        left = rest


def by_first_exception(tasks: list[Any]) -> None:
    """Wait for the first exception, if there is one."""
    done, left = api.wait(tasks, return_when="FIRST_EXCEPTION")
    assert not left or any(task.exception() for task in done), "one has failed, or all have ended"


def by_deadlines(tasks: list[Any]) -> None:
    """Wait with short time-outs."""
    left = set(tasks)
    while left:
        _, left = api.wait(left, timeout=0.005)


def by_impatience(tasks: list[Any]) -> None:
    """Ask for each result with short time-outs, again and again."""
    for task in tasks:
        while not has_ended(task, 0.002):
            pass


def has_ended(task: Any, timeout: float) -> bool:
    """Return whether a task ends within the time."""
    try:
        task.exception(timeout=timeout)
    except TimeoutError:
        return False
    return True


def by_polling(tasks: list[Any]) -> None:
    """Look whether they have ended, and wait for nothing."""
    while not all(task.done() for task in tasks):
        time.sleep(0.001)


def by_spinning(tasks: list[Any]) -> None:
    """Look whether they have ended, without a pause."""
    while not all(task.done() for task in tasks):
        pass


def by_callbacks(tasks: list[Any]) -> None:
    """Have callbacks called, and look whether they were, all of them once."""
    called: list[Any] = []
    for task in tasks:
        task.add_done_callback(called.append)
    api.wait(tasks)
    while len(called) < len(tasks):
        api.wait(tasks, timeout=0)
        time.sleep(0.001)
    assert sorted(map(id, called)) == sorted(map(id, tasks)), "each callback is called once"


def by_callbacks_that_submit(tasks: list[Any]) -> None:
    """Have callbacks submit further tasks."""
    further: list[Any] = []
    for number, task in enumerate(tasks):
        task.add_done_callback(partial(submit_further, further, number))
    api.wait(tasks)
    while len(further) < len(tasks):
        api.wait(tasks, timeout=0)
        time.sleep(0.001)
    assert sorted(task.result() for task in further) == list(range(len(tasks)))


def submit_further(further: list[Any], number: int, _: Any) -> None:
    """Be a callback that submits a task."""
    further.append(api.submit(abs, -number))


WAYS: dict[str, Callable[[list[Any]], None]] = {
    way.__name__: way
    for way in (
        in_order,
        last_first,
        by_as_completed,
        by_waiting,
        by_first,
        by_first_exception,
        by_deadlines,
        by_impatience,
        by_polling,
        by_spinning,
        by_callbacks,
        by_callbacks_that_submit,
    )
}
