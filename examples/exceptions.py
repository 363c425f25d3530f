"""An exception in a task is raised where the result is asked for, with its own type and contents.

Run it:  python -m scoop -n 2 examples/exceptions.py
"""

from scoop import futures


class OutOfStockError(Exception):
    """An exception of our own. What is given to `Exception` travels; so keep to plain arguments."""


STOCK = {"tea": 12, "coffee": 3, "cocoa": 0}


def take(item: str, amount: int) -> int:
    """What is left after taking some. Raises OutOfStockError, or KeyError for what we never had."""
    left = STOCK[item] - amount
    if left < 0:
        raise OutOfStockError(item, -left)
    return left


def take_or_empty(item: str, amount: int) -> int:
    """A task may start another and recover from its failure, as with any other call."""
    try:
        left: int = futures.submit(take, item, amount).result()
    except OutOfStockError:
        left = 0
    return left


def main() -> None:
    # `result` raises what the task raised, so `except` works as if the call had been here.
    problem = None
    try:
        futures.submit(take, "coffee", 5).result()
    except OutOfStockError as error:
        problem = error.args
    assert problem == ("coffee", 2)
    print("Not enough {}: {} missing.".format(*problem))

    # `exception` returns it instead, or None when all went well.
    failure = futures.submit(take, "chocolate", 1).exception()
    assert isinstance(failure, KeyError)
    print(f"Nobody sells {failure}.")
    assert futures.submit(take, "tea", 2).exception() is None

    # `map` raises at the place of the failure: the results before it are there.
    lefts = futures.map(take, ["tea", "coffee", "cocoa", "tea"], [1, 2, 3, 4])
    assert (next(lefts), next(lefts)) == (11, 1)
    try:
        next(lefts)
    except OutOfStockError as error:
        problem = error.args
    assert problem == ("cocoa", 3)
    print("Not enough {}: {} missing.".format(*problem))

    # Recovered inside the task, the failure is never seen here.
    shelves = list(futures.map(take_or_empty, ["tea", "coffee", "cocoa"], [4, 4, 4]))
    assert shelves == [8, 0, 0]
    print(f"Left on the shelves: {shelves}")


if __name__ == "__main__":
    main()
