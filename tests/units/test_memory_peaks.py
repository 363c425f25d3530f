"""Which functions' tasks have raised the peak of a process, of which the truth is known."""

from scoop.machine.memory_peaks import MemoryPeaks


class Memory:
    """Memory of a process, as far as it matters: the most that there ever was."""

    def __init__(self) -> None:
        self.peak = 100
        self.peaks = MemoryPeaks(lambda: self.peak)


def outer() -> None: ...
def inner() -> None: ...


def test_a_rise_is_of_the_task_that_ran_meanwhile() -> None:
    memory = Memory()
    peaks = memory.peaks
    memory.peak += 7  # the program itself
    first = peaks.started(None, outer)
    memory.peak += 1
    second = peaks.started(None, inner)
    memory.peak += 10
    peaks.ended(second, True)
    memory.peak += 1
    wait = peaks.suspended()
    memory.peak += 50  # whoever ran meanwhile
    peaks.resumed(wait)
    peaks.ended(first, True)
    memory.peak += 50
    assert peaks.peaks() == {"inner": (10 * 1024, 118 * 1024), "outer": (2 * 1024, 119 * 1024)}


def test_rows_and_tasks_of_other_workers_are_tasks() -> None:
    memory = Memory()
    peaks = memory.peaks
    chunk = peaks.taken(1, 0, 10)
    peaks.rebuilt(chunk, outer, (), {}, 5)
    rows = peaks.rows_started(None, outer, 0, 5)
    memory.peak += 1
    peaks.rows_ended(rows, 5, True)
    peaks.ended(chunk, True)
    task = peaks.taken(1, 1, 10)
    peaks.rebuilt(task, inner, (), {}, 0)
    memory.peak += 2
    peaks.ended(task, True)
    peaks.ended(peaks.taken(1, 2, 10), False)  # one that could not be unpickled
    assert {name: raised for name, (raised, _) in peaks.peaks().items()} == {"outer": 1024, "inner": 2048}
