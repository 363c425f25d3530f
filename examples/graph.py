"""Futures as arguments: tasks that depend on others, here the steps of a recipe. No task waits; each begins in time.

Run it:  python -m scoop -n 2 examples/graph.py
"""

from scoop import futures


def knead(flour: int, water: int) -> int:
    return flour + water


def slice_thin(what: str) -> list[str]:
    return [f"slice of {what}"] * 3


def bake(dough: int, toppings: list[list[str]]) -> str:
    return f"a pizza of {dough} g with {sum(map(len, toppings))} slices"


def burn(pizza: str) -> str:
    raise RuntimeError(f"burnt {pizza}")


def serve(pizza: str) -> str:
    return f"Served {pizza}."


def main() -> None:
    dough = futures.submit(knead, 300, water=200)
    toppings = [futures.submit(slice_thin, what) for what in ("tomato", "mozzarella", "basil")]

    # The futures stand for their results, also within a list: bake() is called when all of them are there.
    pizza = futures.submit(bake, dough, toppings)
    served = futures.submit(serve, pizza)
    assert served.result() == serve(bake(knead(300, 200), [["slice"] * 3] * 3))

    # Where one fails, what depends on it is not called, and fails as it did.
    lost = futures.submit(serve, futures.submit(burn, pizza))
    error = lost.exception()
    assert isinstance(error, RuntimeError)
    assert error.__notes__ == ["scoop: serve() was not called: argument 0 is a future that failed with this"]

    print(served.result())


if __name__ == "__main__":
    main()
