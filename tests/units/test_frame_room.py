"""Functions whose callees have room for their frames: no depth of the stack at which each call asks for memory."""

from resource import RUSAGE_THREAD, getrusage

from scoop.engine.threads.frame_room import with_room_for_frames

CALLS = 100


def leaf() -> None: ...


def most_faults(depth: int) -> int:
    """Return how many pages the calls of one depth have touched for the first time, at the worst depth."""
    before = getrusage(RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        leaf()
    faults = getrusage(RUSAGE_THREAD).ru_minflt - before
    return max(faults, most_faults(depth - 1)) if depth else faults


def test_no_depth_asks_the_system_for_memory_at_each_call() -> None:
    @with_room_for_frames
    def rooted(depth: int) -> int:
        return most_faults(depth)

    assert rooted(300) < CALLS / 2
