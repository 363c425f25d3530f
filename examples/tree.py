"""Tasks that start tasks: count the ways to place seven queens, one task a node of the search tree.

Nothing says how deep or how wide the tree is, and nothing divides it among the workers beforehand:
a task runs where it was started, unless another worker has nothing to do and takes it.

Run it:  python -m scoop -n 2 examples/tree.py
"""

from scoop import futures


def free_columns(size: int, queens: tuple[int, ...]) -> list[int]:
    """Columns of the next row that no queen attacks; `queens` holds the column of each row so far."""
    row = len(queens)
    return [
        column
        for column in range(size)
        if all(column != other and abs(column - other) != row - above for above, other in enumerate(queens))
    ]


def count(size: int, queens: tuple[int, ...] = ()) -> int:
    """Number of ways to complete the board, with one task for each next queen."""
    if len(queens) == size:
        return 1
    # Start all the children before waiting for the first, or they would run one after the other.
    children = [futures.submit(count, size, (*queens, column)) for column in free_columns(size, queens)]
    # To wait inside a task is fine: the worker does other work meanwhile.
    return sum(child.result() for child in children)


def count_serially(size: int, queens: tuple[int, ...] = ()) -> int:
    if len(queens) == size:
        return 1
    return sum(count_serially(size, (*queens, column)) for column in free_columns(size, queens))


def main() -> None:
    size = 7
    ways = count(size)
    assert ways == count_serially(size)
    print(f"{size} queens can be placed in {ways} ways.")


if __name__ == "__main__":
    main()
