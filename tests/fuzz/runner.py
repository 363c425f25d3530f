"""Runs a program under SCOOP, and says what was wrong with how it went, if anything was."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import scoop
from fuzz.grammar import Node, Program
from fuzz.player import play
from fuzz.ways import outcome

LIMIT = 120
"""Seconds after which a run counts as hung, far beyond what any takes."""

AFTERWARDS = 20
"""Seconds that the processes of a run have to end after it."""

MARK = "SCOOP_FUZZED_BY"
"""The environment variable by which the processes of a run are known, whatever session they are in."""

PATHS = [str(Path(scoop.__file__).parents[1]), str(Path(__file__).parents[1])]


@dataclass(frozen=True)
class Verdict:
    """How a program went: what was wrong, None if nothing was; and how long it took."""

    problem: str | None
    seconds: float


def saved(program: Program, path: Path) -> Path:
    """Write a program to a file."""
    path.write_text(json.dumps(asdict(program), indent=1), "utf-8")
    return path


def kept(program: Program, problem: str, folder: Path) -> Path:
    """Write a program that failed, and what was wrong, to files that no commit will take up."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n", "utf-8")
    path = saved(program, folder / f"failed-{program.seed}.json")
    path.with_suffix(".txt").write_text(problem, "utf-8")
    return path


def command(program: Program, path: Path) -> list[str]:
    """Return the command line that runs the program in a file."""
    options = ["-n", str(program.mix.n), "--retries", str(program.mix.retries), "-q"]
    return [sys.executable, "-m", "scoop", *options, "-m", "fuzz.play", str(path)]


def expected(program: Program) -> list[object]:
    """Return what comes of each step, as the serial model has it and JSON writes it."""
    return [json.loads(json.dumps(outcome(partial(play, step)))) for step in program.steps]


def allowed(program: Program, step: Node, value: object) -> list[object]:
    """Return what may come of a step, as other words for it."""
    found = [value]
    if step["do"] == "alarm":
        found.append("alarm")
    if program.mix.kills > fewest_retries(program):
        found.append("lost")
    return found


def fewest_retries(program: Program) -> int:
    """Return how often the least of the tasks may be run again."""
    return min([program.mix.retries, *_tries(program.steps)])


def _tries(part: object) -> list[int]:
    if isinstance(part, list):
        return [tries for each in part for tries in _tries(each)]
    if isinstance(part, dict):
        own = [part["tries"]] if "tries" in part else []
        return own + _tries(list(part.values()))
    return []


def run(program: Program, limit: float = LIMIT) -> Verdict:
    """Run a program under SCOOP, in processes of its own; leave none of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = saved(program, Path(folder) / "program.json")
        mark = f"{os.getpid()}.{program.seed}.{time.monotonic_ns()}"
        process = _start(program, path, mark)
        begun = time.monotonic()
        try:
            problem = _watch(process, mark, limit)
        finally:
            _end_all(process, mark)
        out, err = ((Path(folder) / name).read_text("utf-8", "replace") for name in ("out", "err"))
    return Verdict(problem or _wrong(program, process.returncode, out, err), time.monotonic() - begun)


def _start(program: Program, path: Path, mark: str) -> "subprocess.Popen[bytes]":
    """Start a program in the folder that its file is in, and have what it says written to files there."""
    folder = path.parent
    paths = os.pathsep.join([*PATHS, *filter(None, [os.environ.get("PYTHONPATH")])])
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        return subprocess.Popen(
            command(program, path),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONPATH": paths, MARK: mark, "TMPDIR": str(folder)},
            start_new_session=True,
        )


def _watch(process: "subprocess.Popen[bytes]", mark: str, limit: float) -> str | None:
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        return f"hung: it did not end within {limit} s\n{_dump(process, mark)}"
    end = time.monotonic() + AFTERWARDS
    while (left := processes(process.pid, mark)) and time.monotonic() < end:
        time.sleep(0.01)
    return f"left: processes are left\n{left}" if left else None


def _end_all(process: "subprocess.Popen[bytes]", mark: str) -> None:
    for pid in processes(process.pid, mark):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def _wrong(program: Program, status: int, out: str, err: str) -> str | None:
    """Compare what a program said with what it should."""
    said, problems = out.splitlines(), []
    for number, (step, value) in enumerate(zip(program.steps, expected(program), strict=True)):
        if number == len(said):
            problems.append(f"step {number}: it did not come to that: {step}")
            break
        actual = json.loads(said[number])
        if actual not in (right := allowed(program, step, value)):
            problems.append(f"step {number}: {step}\n  came to  {actual}\n  and not  {right}")
    if status != 0:
        problems.insert(0, f"status {status}: {(err.strip().splitlines() or ['not a word'])[-1]}")
    if err:
        problems.append(f"on stderr:\n{err}")
    return "\n".join(problems) or None


# -- The processes of a run.


def processes(session: int, mark: str) -> dict[int, str]:
    """Return the living processes of a session, or with the mark in their environment, and their command lines."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, _, _, its_session = _read(name, "stat").rpartition(")")[2].split()[:4]
            if state != "Z" and (int(its_session) == session or f"{MARK}={mark}" in _read(name, "environ")):
                found[int(name)] = _read(name, "cmdline").replace("\0", " ")[:200]
        except OSError:  # it has just ended, or is not ours to look at
            continue
    return found


def _read(pid: int | str, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text("utf-8", "replace")


def _dump(process: "subprocess.Popen[bytes]", mark: str) -> str:
    """Have the processes of a hung run write their stacks on stderr; return what the kernel knows of them."""
    told = []
    for pid in processes(process.pid, mark):
        try:
            lines = [line for line in _read(pid, "status").splitlines() if line.split(":")[0] in SHOWN]
            told.append(
                f"{pid} " + "; ".join(lines) + f"; cpu {_read(pid, 'stat').rpartition(')')[2].split()[11:13]}"
            )
            if _catches(pid, signal.SIGUSR2):
                os.kill(pid, signal.SIGUSR2)
                time.sleep(0.3)  # one after another: what they write must not mix
        except OSError:
            continue
    stacks = Path(f"/proc/{process.pid}/fd/2").read_text("utf-8", "replace")
    out = Path(f"/proc/{process.pid}/fd/1").read_text("utf-8", "replace")
    return "\n".join([*told, f"after {len(out.splitlines())} steps", stacks])


SHOWN = {"Name", "State", "PPid", "Threads"}


def _catches(pid: int, number: int) -> bool:
    caught = next(line for line in _read(pid, "status").splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
