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
    pythons = {"SCOOP 1.0": sys.executable, "original 0.7.2": original(Path(sys.argv[1]).resolve())}
    rates: dict[str, list[float]] = {name: [] for name in pythons}
    starts: dict[str, list[float]] = {name: [] for name in pythons}
    with tempfile.TemporaryDirectory() as folder:
        fib, hello = Path(folder, "fib.py"), Path(folder, "hello.py")
        fib.write_text(FIB)
        hello.write_text(HELLO)
        for _ in range(ROUNDS):
            for name, python in pythons.items():
                words = run(python, fib)[1].split()
                rates[name].append(float(words[words.index("rate") + 1]))
                starts[name].append(run(python, hello)[0])
    print(f"{f'two workers, medians of {ROUNDS}':36}{'SCOOP 1.0':>12}{'original':>12}{'ratio':>8}")
    table = (("nested fib(20), tasks a second", rates, 0), ("hello, whole run, seconds", starts, 3))
    for what, found, digits in table:
        ours, theirs = (statistics.median(figures) for figures in found.values())
        print(f"{what:36}{ours:12,.{digits}f}{theirs:12,.{digits}f}{ours / theirs:8.2f}")


if __name__ == "__main__":
    main()
