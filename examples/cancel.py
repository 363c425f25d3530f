"""`cancel`: when the answer is found, what has not started yet need not start.

Run it:  python -m scoop -n 2 examples/cancel.py
"""

import time
from concurrent.futures import CancelledError

from scoop import futures

KEY_IS_IN = 5


def search(drawer: int) -> bool:
    time.sleep(0.02)
    return drawer == KEY_IS_IN


def main() -> None:
    drawers = range(24)
    drawer_of = {futures.submit(search, drawer): drawer for drawer in drawers}

    found = None
    for future in futures.as_completed(drawer_of):
        if future.result():
            found = drawer_of[future]
            break
    assert found == KEY_IS_IN
    print(f"The key is in drawer {found}.")

    # `cancel` says whether it came in time. A task that runs, or has left for another worker, goes on.
    cancelled = [future for future in drawer_of if future.cancel()]
    searched = [future for future in drawer_of if not future.cancelled()]
    futures.wait(searched)
    print(f"  {len(searched)} drawers were searched, {len(cancelled)} were spared.")

    # The others have their results, as ever ...
    assert all(future.result() == (drawer_of[future] == KEY_IS_IN) for future in searched)

    # ... but who asks for the result of a cancelled future gets CancelledError.
    for future in cancelled:
        try:
            future.result()
        except CancelledError:
            continue
        raise AssertionError("a cancelled future has no result")

    print(f"{len(searched) + len(cancelled)} drawers: each was either searched or spared.")


if __name__ == "__main__":
    main()
