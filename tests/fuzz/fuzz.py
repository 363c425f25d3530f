"""Random programs under SCOOP, compared with a serial model: for hours, or by the thousand.

    python tests/fuzz/fuzz.py --minutes 60
    python tests/fuzz/fuzz.py --programs 2000 --jobs 2
    python tests/fuzz/fuzz.py --seed 123                 one program again
    python tests/fuzz/fuzz.py --file failed-123.json     one that failed, perhaps after some steps were cut out of it

A run plays several programs one after another in the same processes, so that fewer are started. What fails is written
to a file in --folder. The end says how often each mix of options failed.
"""

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from fuzz.grammar import Mix, Program, make  # noqa: E402
from fuzz.runner import LIMIT, Verdict, kept, run  # noqa: E402

IN_A_RUN = 5
"""Programs that share the processes of one run."""


def asked() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="how long to go on (default: until the programs are through)")
    parser.add_argument("--programs", type=int, help="how many programs to run (default: 500, or those of --minutes)")
    parser.add_argument("--seed", type=int, help="the seed to run, or with --programs or --minutes the first")
    parser.add_argument("--file", type=Path, help="a program that was written to a file")
    parser.add_argument("--times", type=int, default=1, help="how often to run --file or --seed")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds after which a run counts as hung")
    parser.add_argument("--folder", type=Path, default=Path("fuzz-failures"), help="where to write what fails")
    parser.add_argument("--stop", action="store_true", help="stop at the first that fails")
    for name in ("n", "retries", "kills"):
        parser.add_argument(f"--{name}", type=int, help="fixed, rather than decided by the seed")
    for name in ("alarms", "interrupts"):
        parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help="fixed likewise")
    return parser.parse_args()


def programs(options: argparse.Namespace) -> Iterator[Program]:
    """Return what is to be run."""
    if options.file:
        kept = json.loads(options.file.read_text("utf-8"))
        yield from [Program(kept["seed"], Mix(**kept["mix"]), kept["steps"])] * options.times
        return
    fixed: dict[str, Any] = {name: getattr(options, name) for name in Mix.__dataclass_fields__}
    fixed = {name: value for name, value in fixed.items() if value is not None}
    if options.seed is not None and options.programs is None and options.minutes is None:
        yield from [make(options.seed, IN_A_RUN, **fixed)] * options.times
        return
    first = int(time.time()) * 1000 if options.seed is None else options.seed
    print(f"seeds from {first} on", flush=True)
    wanted = options.programs or (sys.maxsize if options.minutes else 500)
    end = time.monotonic() + 60 * (options.minutes or 1e9)
    for seed in count(first):
        if (seed - first) * IN_A_RUN >= wanted or time.monotonic() > end:
            return
        yield make(seed, IN_A_RUN, **fixed)


class Report:
    """What has been found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs, self.failed = Counter[Mix](), Counter[Mix]()
        self.seconds = 0.0

    def note(self, program: Program, verdict: Verdict) -> None:
        """Count a run; print what was wrong, and write down what is needed to have it again."""
        self.runs[program.mix] += 1
        self.seconds += verdict.seconds
        if verdict.problem is None:
            return
        self.failed[program.mix] += 1
        path = kept(program, verdict.problem, self.folder)
        print(f"== seed {program.seed}: {program.mix}\n{verdict.problem[:3000]}\nwhole: {path.with_suffix('.txt')}")
        print(f"again: {sys.executable} tests/fuzz/fuzz.py --file {path} --times 20\n", flush=True)

    def print(self) -> None:
        """Say how it went, by mix."""
        for mix in sorted(self.failed, key=str):
            print(f"  {mix}: {self.failed[mix]} of {self.runs[mix]} runs failed")
        for name in Mix.__dataclass_fields__:
            print(f"  by {name}: {self._by(name)}")
        runs, failed = self.runs.total(), self.failed.total()
        mean = self.seconds / max(runs, 1)
        print(f"{runs} runs of {IN_A_RUN} programs, {mean:.2f} s each; {failed} went wrong")

    def _by(self, name: str) -> str:
        values = sorted({getattr(mix, name) for mix in self.runs})
        counts = [[self._count(counted, name, value) for counted in (self.failed, self.runs)] for value in values]
        return ", ".join(f"{value}: {bad} of {all_}" for value, (bad, all_) in zip(values, counts, strict=True))

    def _count(self, counted: "Counter[Mix]", name: str, value: object) -> int:
        return sum(number for mix, number in counted.items() if getattr(mix, name) == value)


def main() -> None:
    """Run programs, some at once."""
    options = asked()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background: what is started would ignore it too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    report, running = Report(options.folder), dict[Future[Verdict], Program]()
    with ThreadPoolExecutor(options.jobs) as pool:
        for program in programs(options):
            running[pool.submit(run, program, options.limit)] = program
            if len(running) >= options.jobs:
                collect(report, running, wait(running, return_when=FIRST_COMPLETED).done)
            if options.stop and report.failed:
                break
        collect(report, running, wait(running).done)
    report.print()
    sys.exit(bool(report.failed))


def collect(report: Report, running: dict[Future[Verdict], Program], done: set[Future[Verdict]]) -> None:
    """Note what has ended."""
    for future in done:
        report.note(running.pop(future), future.result())


if __name__ == "__main__":
    main()
