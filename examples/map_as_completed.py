"""`futures.map_as_completed` is `map` for when the order does not matter: results come as they are found.

Results come without their input. Return both from the function where you need to know which is which.

Run it:  python -m scoop -n 2 examples/map_as_completed.py
"""

from scoop import futures


def collatz(start: int) -> tuple[int, int]:
    """The start, and the number of steps from it to 1: halve what is even, else triple and add one."""
    number, steps = start, 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        steps += 1
    return start, steps


def main() -> None:
    starts = range(1, 2000)

    # A running maximum does not care for order, so why wait for it?
    longest, most = 0, -1
    for start, steps in futures.map_as_completed(collatz, starts):
        # The smaller start wins a tie; otherwise the answer would depend on who came first.
        if (steps, -start) > (most, -longest):
            longest, most = start, steps

    assert (longest, most) == max(map(collatz, starts), key=lambda pair: (pair[1], -pair[0]))
    print(f"Below {starts.stop}, {longest} takes the most steps: {most}.")


if __name__ == "__main__":
    main()
