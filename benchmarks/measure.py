"""Measure SCOOP and its peers in one run: raw figures, a table and a picture.

    python benchmarks/measure.py [--quick] [--rounds N] [--peers A,B] [--groups A,B] [--add]

Each round runs every peer once for each group of rows, so that a machine whose speed drifts treats all alike. Every
peer is a process of its own, started anew. A peer that is not installed, hangs or fails is left out, and the results
say why. With --add the rounds are added to those of the last results, for rows that need more of them.
"""

import argparse
import compileall
import json
import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import Any

import report
import scoop
from measured import Results
from peers import PEERS
from processes import TIMED_OUT, Ended, end_when_told, run
from rows import ROWS, WORKERS

HERE = Path(__file__).parent
GROUPS = list(dict.fromkeys(row.group for row in ROWS))
QUICK_PEERS = ["scoop", "original", "executor", "Pool.map", "joblib"]
QUICK_GROUPS = ["tasks", "nested", "hello"]
ONLY = {"nested": ["scoop", "original", "Dask", "Ray"], "stream": ["scoop"]}
"""The peers that have what a group asks for."""
FEW_GROUPS = {  # peers that differ from another in these groups only
    "executor in chunks": ["tasks"],
    "Pool.imap": ["tasks"],
    "serial": ["tasks", "arrays", "programs", "hello"],
}
LIMITS = {"tasks": 180, "hello": 60, "nested": 60, "arrays": 120, "programs": 120, "stream": 120}
"""Seconds after which a peer has hung."""


class Measurement:
    """A run of all the peers; a quick one is content with a map where others take the median of several."""

    def __init__(self, original: str | None, results: Results | None = None, quick: bool = False) -> None:
        self.results = results or Results(machine())
        self._original = original
        self._options = ["--quick"] if quick else []

    def round(self, peers: list[str], groups: list[str]) -> None:
        """Run every peer once for each group."""
        for group in groups:
            for peer in peers:
                failed = f"{peer}, {group}" in self.results.left_out and not self._has_any(peer, group)
                left_out = failed or peer in self.results.left_out
                if not left_out and group in FEW_GROUPS.get(peer, GROUPS) and peer in ONLY.get(group, PEERS):
                    self._hello(peer) if group == "hello" else self._group(peer, group)

    def _has_any(self, peer: str, group: str) -> bool:
        """Return whether a peer has managed some of the rows of a group."""
        return any(self.results.figures.get(row.key, {}).get(peer) for row in ROWS if row.group == group)

    def _group(self, peer: str, group: str) -> None:
        ended = self._run(peer, WORKERS, group, "one_peer.py", peer, str(WORKERS), group, *self._options)
        for found in (json.loads(line) for line in ended.out.splitlines() if line.startswith("{")):
            if "versions" in found:
                self.results.versions[peer] = found["versions"]
            else:
                self.results.add(found["row"], peer, found["value"])

    def _hello(self, peer: str) -> None:
        for workers in (2, 16):
            ended = self._run(peer, workers, "hello", "say_hello.py", peer, str(workers))
            if ended.status == 0:
                self.results.add(f"hello {workers}", peer, ended.seconds)

    def _run(self, peer: str, workers: int, group: str, script: str, *words: str) -> Ended:
        python = self._original if peer == "original" else sys.executable
        if python is None:
            self.results.left_out[peer] = "not installed"
            return Ended(1, 0.0, "", "")
        scoop = ["-m", "scoop", "-n", str(workers)] if peer in ("scoop", "original") else []
        ended = run([python, *scoop, str(HERE / script), *words], LIMITS[group])
        failed = ended.status or "Traceback" in ended.err  # the original ends with 0 after an exception
        print(f"  {group:9}{peer:20}{ended.seconds:7.1f} s{'   failed' if failed else ''}", flush=True)
        if failed:
            errors = [line for line in ended.err.splitlines() if re.match(r"[\w.]+(Error|Lost)\b", line)]
            why = (errors or ["no message"])[-1]
            if ended.status == TIMED_OUT:
                why = f"did not end within {LIMITS[group]} s"
            missing = "No module named" in why
            self.results.left_out[peer if missing else f"{peer}, {group}"] = "not installed" if missing else why
        return ended


def machine() -> dict[str, Any]:
    """Describe what this runs on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
    return {
        "when": time.strftime("%Y-%m-%d"),
        "processor": model,
        "processors": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load before": round(os.getloadavg()[0], 1),
    }


def original_python(venvs: Path) -> str | None:
    """Return the Python that has the original, if it is installed."""
    python = venvs / "original" / "bin" / "python"
    return str(python.absolute()) if python.exists() else None


def main() -> None:
    """Measure, and write what was found."""
    end_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few peers and groups, no files: about a minute")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--peers", help=f"of: {', '.join(PEERS)}")
    parser.add_argument("--groups", help=f"of: {', '.join(GROUPS)}")
    parser.add_argument("--add", action="store_true", help="add rounds to the results that are there")
    parser.add_argument("--venvs", type=Path, default=Path(".venvs"), help="where the original is, if it is")
    parser.add_argument("--out", type=Path, help="a folder for the results; without, all that shows them")
    options = parser.parse_args()
    peers = options.peers.split(",") if options.peers else QUICK_PEERS if options.quick else list(PEERS)
    groups = options.groups.split(",") if options.groups else QUICK_GROUPS if options.quick else GROUPS
    for folder in (HERE, Path(scoop.__file__).parent):  # as pip has done for the peers
        compileall.compile_dir(folder, quiet=1)
    earlier = Results(**report.load((options.out or report.RESULTS) / "latest.json")) if options.add else None
    measurement = Measurement(original_python(options.venvs), earlier, options.quick)
    for number in range(options.rounds or (1 if options.quick else 3)):
        print(f"round {number + 1}", flush=True)
        measurement.round(peers, groups)
        measurement.results.machine["load after"] = round(os.getloadavg()[0], 1)
        if not options.quick:
            report.write(measurement.results, options.out)
    print(report.table(measurement.results))


if __name__ == "__main__":
    main()
