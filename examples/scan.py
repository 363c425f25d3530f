"""`futures.mapScan` is `mapReduce` that also tells the way: one total for each input, not only the last.

Run it:  python -m scoop -n 2 examples/scan.py
"""

import operator
from itertools import accumulate

from scoop import futures


def cents(amount: str) -> int:
    """Read an amount of money: "-1.50" is -150 cents."""
    return round(float(amount) * 100)


def main() -> None:
    bookings = ["100.00", "-12.50", "-30.00", "4.75", "-80.00", "250.00", "-19.99"]

    # The balance after each booking.
    balances = futures.mapScan(cents, operator.add, bookings)
    assert balances == list(accumulate(map(cents, bookings), operator.add))

    # Any associative function of two arguments will do: `min` gives the lowest balance so far.
    lowest = futures.mapScan(int, min, balances)
    assert lowest == list(accumulate(balances, min))

    for booking, balance, low in zip(bookings, balances, lowest, strict=True):
        print(f"{booking:>8} {balance / 100:>8.2f}   lowest {low / 100:>7.2f}")
    print(f"{len(bookings)} bookings end at {balances[-1] / 100:.2f}.")


if __name__ == "__main__":
    main()
