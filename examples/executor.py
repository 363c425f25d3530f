"""An executor of `concurrent.futures`: for programs that start as they always do.

Run it:  python examples/executor.py
or       python -m scoop -n 2 examples/executor.py
"""

import asyncio
from concurrent.futures import as_completed

from scoop import Executor


def letters(word: str) -> int:
    """Count the letters of a word."""
    return len(word)


async def meanwhile(executor: Executor, words: list[str]) -> int:
    """Have the words counted while the event loop goes on."""
    loop = asyncio.get_running_loop()
    counts = [loop.run_in_executor(executor, letters, word) for word in words]
    await asyncio.sleep(0)  # other coroutines would run here
    return sum(await asyncio.gather(*counts))


def main() -> None:
    words = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"]
    expected = sum(map(letters, words))
    with Executor(2) as executor:
        assert sum(executor.map(letters, words)) == expected
        calls = [executor.submit(letters, word) for word in words]
        assert sum(call.result() for call in as_completed(calls)) == expected
        assert asyncio.run(meanwhile(executor, words)) == expected
    print(f"Counted {expected} letters, three times.")


if __name__ == "__main__":
    main()
