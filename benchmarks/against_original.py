"""Nested tasks and start-up beside the original SCOOP 0.7.2, in one run.

    python benchmarks/against_original.py FOLDER

FOLDER receives a virtual environment with the original. Each figure is the median of runs that alternate between
the two, so that a machine whose speed drifts treats both alike.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5

FIB = """
import time
from scoop import futures

def fib(n):
    if n < 2:
        return n
    left, right = futures.submit(fib, n - 1), futures.submit(fib, n - 2)
    return left.result() + right.result()

if __name__ == "__main__":
    fib(10)
    start = time.perf_counter()
    assert fib(20) == 6765
    print("rate", 21890 / (time.perf_counter() - start))
"""

BUSY = """
import time
from scoop import futures

def busy(x):
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        pass
    return x

if __name__ == "__main__":
    list(futures.map(busy, range(50)))
    start = time.perf_counter()
    serial = [busy(x) for x in range(1000)]
    middle = time.perf_counter()
    assert list(futures.map(busy, range(1000))) == serial
    print("rate", (middle - start) / 2 / (time.perf_counter() - middle))
"""

HELLO = """
from scoop import futures

def hello(name):
    return "Hello, " + name

if __name__ == "__main__":
    print("\\n".join(futures.map(hello, ["Ada", "Alan", "Edsger", "Grace"])))
"""


def original(folder: Path) -> str:
    """Return a Python that has the original, installing it if need be."""
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "scoop==0.7.2.0"], check=True)
        (folder / "done").touch()
    return str(python)


def run(python: str, script: Path) -> tuple[float, str]:
    """Run ``script`` on two workers; return the seconds it took, and what it printed."""
    start = time.perf_counter()
    command = [python, "-m", "scoop", "-n", "2", str(script)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start, ended.stdout


def main() -> None:
    """Measure, and print a table."""
    pythons = (sys.executable, original(Path(sys.argv[1]).resolve()))
    rows: list[tuple[str, str, int]] = [
        ("nested fib(20), tasks a second", FIB, 0),
        ("1,000 tasks of 1 ms, share of ideal", BUSY, 2),
        ("hello, the whole run, seconds", HELLO, 3),
    ]
    print(f"{f'two workers, medians of {ROUNDS}':36}{'SCOOP 1.0':>12}{'original':>12}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        for what, source, digits in rows:
            script.write_text(source)
            figures: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for python, found in zip(pythons, figures, strict=True):
                    seconds, out = run(python, script)
                    found.append(float(out.split("rate")[1].split()[0]) if "rate" in out else seconds)
            ours, theirs = map(statistics.median, figures)
            print(f"{what:36}{ours:12,.{digits}f}{theirs:12,.{digits}f}{ours / theirs:8.2f}", flush=True)


if __name__ == "__main__":
    main()
