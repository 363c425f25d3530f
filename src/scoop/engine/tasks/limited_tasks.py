"""Tasks that may take only so much: where they run, and how they fail.

A task that has reached a limit is ended with its worker. So it never runs in the process that it is from: with it the
program would end, or the task that waits for it. It is sent away as soon as it is submitted, alone, and the broker
gives it back to that process only if there is no other worker left.
"""

from ...errors import ScoopError, TaskMemoryExceeded, TaskNotSent, TaskTimeout, name_of
from ...wire.messages import Stopped, StopReason
from .task import TaskLimits

__all__ = ["limit_error", "refuse_limits"]


def refuse_limits(function: object, has_other_workers: bool) -> None:
    """Raise TaskNotSent if there is no other process that could run tasks with limits."""
    if not has_other_workers:
        raise TaskNotSent(
            f"tasks of {name_of(function)} have limits (seconds or memory), so they run in other processes than the "
            "one that they are from, and this run has no other worker: start it with more (-n)"
        )


def limit_error(call: str, limits: TaskLimits, stopped: Stopped) -> ScoopError:
    """Return the exception for a task that was ended."""
    end = f"and was ended with its worker, {stopped.report}, which is replaced"
    if stopped.reason == StopReason.SECONDS:
        return TaskTimeout(f"{call} ran for longer than its limit of {limits.seconds:g} s, {end}")
    memory = (limits.memory or 0) >> 20
    return TaskMemoryExceeded(f"{call} had more memory than its limit of {memory:,} MiB, {end}")
