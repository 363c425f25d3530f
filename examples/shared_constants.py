"""Shared constants: give every worker something once, instead of sending it along with each task.

A constant is there before any task that was started after it. It cannot be set again: that is what makes it
safe to read anywhere, without asking whether another task has changed it.

Run it:  python -m scoop -n 2 examples/shared_constants.py
"""

from scoop import futures, shared

ATLAS = {
    "Reykjavik": (64.15, -21.94),
    "Nairobi": (-1.29, 36.82),
    "Lima": (-12.05, -77.04),
    "Hanoi": (21.03, 105.85),
    "Oslo": (59.91, 10.75),
}


def hemispheres(latitude: float, longitude: float) -> str:
    return ("north" if latitude >= 0 else "south") + ("east" if longitude >= 0 else "west")


def describe(city: str) -> str:
    """The task gets a name only; the atlas and the function to apply are already where it runs."""
    atlas = shared.getConst("atlas")
    describe_place = shared.getConst("describe_place")
    return f"{city}: {describe_place(*atlas[city])}"


def main() -> None:
    # Functions are values: they can be shared too.
    shared.setConst(atlas=ATLAS, describe_place=hemispheres)

    found = list(futures.map(describe, ATLAS))
    assert found == [f"{city}: {hemispheres(*place)}" for city, place in ATLAS.items()]
    for line in found:
        print(line)

    try:
        shared.setConst(atlas={})
    except TypeError:
        print("The atlas is a constant: it cannot be set twice.")


if __name__ == "__main__":
    main()
