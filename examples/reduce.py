"""`futures.mapReduce` maps, and combines the results two by two on the way.

The results are combined where they are found: only sums travel, not all their parts. So the function that
combines must be associative, (a + b) + c == a + (b + c). It need not be commutative: the order is kept.

Run it:  python -m scoop -n 2 examples/reduce.py
"""

import operator
from collections import Counter
from functools import reduce

from scoop import futures

VERSES = """\
for want of a nail the shoe was lost
for want of a shoe the horse was lost
for want of a horse the rider was lost
for want of a rider the battle was lost
for want of a battle the kingdom was lost
and all for the want of a horseshoe nail""".splitlines()


def count_words(verse: str) -> Counter[str]:
    return Counter(verse.split())


def initials(verse: str) -> str:
    return "".join(word[0] for word in verse.split())


def main() -> None:
    # Counters add up: one a verse becomes one for all.
    words: Counter[str] = futures.mapReduce(count_words, operator.add, VERSES)
    assert words == reduce(operator.add, map(count_words, VERSES))

    # Strings add up as well, but the order shows: "ab" is not "ba".
    letters: str = futures.mapReduce(initials, operator.add, VERSES)
    assert letters == reduce(operator.add, map(initials, VERSES))
    print(f"Initials: {letters}")

    # As with `map`, several iterables give a function of several arguments: here a scalar product.
    prices, pieces = [3, 5, 8, 13], [4, 3, 2, 1]
    bill: int = futures.mapReduce(operator.mul, operator.add, prices, pieces)
    assert bill == sum(map(operator.mul, prices, pieces))

    print(f"{words.total()} words, {len(words)} of them different; {words['horse']} times a horse.")


if __name__ == "__main__":
    main()
