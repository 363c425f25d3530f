"""`add_done_callback`: have a function called when a future finishes, here to keep a tally.

Run it:  python -m scoop -n 2 examples/callbacks.py
"""

from scoop import futures
from scoop._types import Future


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


class Tally:
    """Counts what comes in. The callbacks run in this process, so a plain attribute is enough."""

    def __init__(self) -> None:
        self.finished = 0
        self.primes = 0

    def note(self, future: Future) -> None:
        """A callback gets one argument: the future, which has finished."""
        self.finished += 1
        self.primes += future.result()


def main() -> None:
    numbers = range(10_000, 10_100)
    tally = Tally()

    started = [futures.submit(is_prime, number) for number in numbers]
    for future in started:
        # The task still runs where it likes; only the callback comes home.
        future.add_done_callback(tally.note)

    futures.wait(started)
    assert tally.finished == len(numbers)
    assert tally.primes == sum(map(is_prime, numbers))

    # A callback that comes too late is called at once.
    late: list[bool] = []
    started[0].add_done_callback(lambda future: late.append(future.done()))
    assert late == [True]

    print(f"{tally.primes} primes among {tally.finished} numbers.")


if __name__ == "__main__":
    main()
