"""What the rows and tasks of random programs do: nap, spin, raise, kill their worker, return what cannot travel."""

import os
import signal
import threading
import time
from typing import Any

import scoop

PRIME = 1_000_003

Spec = dict[str, Any]
"""What a row does, each thing at the row whose number is named:

``mul``: the factor of its value; ``nap``: seconds, in each ``every``-th row; ``spin``: rounds of a loop, in each row;
``raises_at``, ``kills_at``, ``odd_at``: the row that raises, kills its worker once, returns a lock; ``flag``: the
file that says that a worker was killed; ``note``: the file that each row that runs writes its number to.
"""


class RowError(Exception):
    """What rows raise."""


class OddError(Exception):
    """Stands for the errors about arguments and results that cannot travel."""


def value_of(spec: Spec, x: int, y: int = 0) -> int:
    """Return what a row returns that does not raise."""
    return int(spec["mul"] * x + 7 * y) % PRIME


def row(spec: Spec, x: int, y: Any = 0) -> Any:
    """Be one row, of one or two inputs, the second a number or what cannot be pickled."""
    if "note" in spec:
        note(spec["note"], x)
    if x == spec.get("kills_at"):
        kill_once(spec["flag"])
    if scoop.IS_RUNNING:
        pass_time(spec, x)
    if x == spec.get("raises_at"):
        raise RowError(f"row {x}")
    if x == spec.get("odd_at"):
        return threading.Lock()
    return value_of(spec, x, y if isinstance(y, int) else 0)


def pass_time(spec: Spec, x: int) -> None:
    """Nap and spin as long as the row is to take."""
    if spec.get("nap") and x % spec.get("every", 1) == 0:
        time.sleep(spec["nap"])
    total = 0
    for number in range(spec.get("spin", 0)):
        total += number


def note(path: str, x: int) -> None:
    """Write down that a row runs; no two writes mix."""
    if scoop.IS_RUNNING:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, b"%d\n" % x)
        os.close(file)


def noted(path: str) -> list[int]:
    """Return the rows that ran, in order of their numbers."""
    try:
        with open(path) as file:
            return sorted(map(int, file.read().split()))
    except FileNotFoundError:
        return []


def kill_once(flag: str) -> None:
    """Kill this worker, unless it is the origin, or this was done before."""
    if scoop.IS_RUNNING and not scoop.IS_ORIGIN:
        try:
            os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def join(first: list[int], second: list[int]) -> list[int]:
    """Append: associative, and the order matters."""
    return first + second


def join_but(x: int, first: list[int], second: list[int]) -> list[int]:
    """Append, and raise where the second part begins with row ``x``: once in every tree of reductions."""
    if second[0] == x:
        raise RowError(f"reduction {x}")
    return first + second


def joining(first: list[int], second: list[int], seconds: float) -> list[int]:
    """Append, and take some time."""
    if scoop.IS_RUNNING:
        time.sleep(seconds)
    return first + second
