"""The smallest parallel program: `futures.map` is the builtin `map`, run on several processors.

Run it:  python -m scoop -n 2 examples/hello.py
"""

from scoop import futures


def greet(name: str) -> str:
    return f"Hello, {name}!"


def main() -> None:
    names = ["Ada", "Grace", "Alan", "Edsger"]

    # Each call may run on another processor; the results still come back in the order of the names.
    greetings = list(futures.map(greet, names))

    assert greetings == [greet(name) for name in names]
    for line in greetings:
        print(line)


# Each worker imports this file to find `greet`. The guard keeps the workers from starting the program again.
if __name__ == "__main__":
    main()
