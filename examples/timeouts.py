"""Timeouts: look whether a result is there, wait for it only so long, and come back for it later.

A timeout ends the waiting, not the task: that goes on, and its result can still be had.

Run it:  python -m scoop -n 2 examples/timeouts.py
"""

import time

from scoop import futures


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def main() -> None:
    # `result` raises the builtin TimeoutError when the time is over ...
    future = futures.submit(nap, 0.3)
    try:
        future.result(timeout=0.05)
    except TimeoutError:
        print("Not yet ...")
    # ... and the future is as good as before.
    assert future.result() == 0.3
    print("... but later.")

    # `wait` does not raise: it sorts the futures into those that are done and those that are not.
    naps = [0.2] * 4
    started = [futures.submit(nap, seconds) for seconds in naps]
    done, not_done = futures.wait(started, timeout=0.05)
    assert done | not_done == set(started)
    print("Some are still asleep." if not_done else "All awake already.")

    # Without a timeout it waits for all of them.
    done, not_done = futures.wait(started)
    assert done == set(started)
    assert not not_done
    assert [future.result() for future in started] == naps

    # `timeout=0` only looks, and never waits.
    done, not_done = futures.wait(started, timeout=0)
    assert len(done) == len(naps)

    # The clock of `map` starts at the call, and is for all of its results together.
    try:
        list(futures.map(nap, [0.1, 0.1, 0.1, 0.1], timeout=0.05))
    except TimeoutError:
        print("The map took too long.")

    print(f"{1 + len(naps)} naps ended, none was lost.")


if __name__ == "__main__":
    main()
