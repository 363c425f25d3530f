"""`futures.wait` and its three answers to "when do you want to be called?".

Run it:  python -m scoop -n 2 examples/wait.py
"""

import time

from scoop import futures


def ferry(name: str, minutes: int) -> str:
    """Cross the bay; a minute is a hundredth of a second here."""
    time.sleep(minutes / 100)
    if name == "leaky":
        raise RuntimeError("taking in water")
    return name


def main() -> None:
    timetable = {"swift": 2, "leaky": 6, "steady": 12, "heavy": 18}
    name_of = {futures.submit(ferry, name, minutes): name for name, minutes in timetable.items()}

    # FIRST_COMPLETED: as soon as one has finished, well or not. There may be more than one.
    done, not_done = futures.wait(name_of, return_when="FIRST_COMPLETED")
    assert done
    assert done | not_done == set(name_of)
    print(f"  first in: {', '.join(sorted(name_of[future] for future in done))}")

    # FIRST_EXCEPTION: as soon as one has failed, or when all are done without any failure.
    done, not_done = futures.wait(name_of, return_when="FIRST_EXCEPTION")
    failed = [name_of[future] for future in done if future.exception() is not None]
    assert failed == ["leaky"]
    print(f"  in trouble: {', '.join(failed)}")

    # ALL_COMPLETED, the default: nothing is left, and `result` will not block.
    done, not_done = futures.wait(name_of)
    assert done == set(name_of)
    assert not not_done
    safe = sorted(future.result() for future in done if future.exception() is None)
    assert safe == sorted(set(timetable) - {"leaky"})
    print(f"Arrived: {', '.join(safe)}.")


if __name__ == "__main__":
    main()
