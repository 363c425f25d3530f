"""The results of measure.py as JSON, as a Markdown table, and as a picture."""

import dataclasses
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measured import Results
from rows import ROWS, Row

HOME = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
PICTURE = HOME / "docs" / "benchmarks.png"
FIRST, LAST = "<!-- measured -->\n", "<!-- end of what was measured -->"
"""What encloses the table in the README."""

SHORT = (
    *("no-op", "100us", "1ms", "pareto", "squares", "submit", "sort", "stable sort", "fib"),
    *("hello 2", "hello 16", "mandelbrot", "regression", "search"),
)
"""The rows that the README shows, the ones that SCOOP loses included."""
SHORT_PEERS = ("scoop", "original", "executor", "executor in chunks", "Pool.map", "loky", "joblib", "Dask", "Ray")


def write(results: Results, folder: Path | None) -> None:
    """Write what was found to a folder; without one, to the project's own, its README and its picture."""
    chosen = folder or RESULTS
    chosen.mkdir(exist_ok=True)
    (chosen / "latest.json").write_text(json.dumps(dataclasses.asdict(results), indent=1) + "\n")
    (chosen / "latest.md").write_text(table(results))
    if folder is not None:
        return
    write_readme(results)
    try:
        picture(results)
    except ImportError:
        print("no picture: matplotlib is not installed")


def write_readme(results: Results) -> None:
    """Put a shorter table into the README."""
    before, _, rest = (HOME / "README.md").read_text().partition(FIRST)
    _, end, after = rest.partition(LAST)
    if not end:
        raise ValueError(f"the README has no {FIRST.strip()} ... {LAST}")
    lines = [*rows_of(results, [row for row in ROWS if row.key in SHORT], SHORT_PEERS), ""]
    (HOME / "README.md").write_text(before + FIRST + "\n".join(lines) + end + after)


def number(value: float) -> str:
    """Write a figure with three digits that mean something."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:#.3g}".rstrip(".")


def table(results: Results) -> str:
    """Return the medians as Markdown; the best of each row is bold."""
    peers = list(dict.fromkeys(peer for row in ROWS for peer in results.figures.get(row.key, {})))
    lines = [
        f"Two workers; medians of {rounds(results)}. "
        + ", ".join(f"{key}: {value}" for key, value in results.machine.items())
        + ".",
        "",
        *rows_of(results, ROWS, peers),
        "",
        "↑ more is better, ↓ less is better. Empty: the peer has no such operation, or did not manage it.",
    ]
    versions = {f"{package} {version}" for peer in results.versions.values() for package, version in peer.items()}
    lines += ["", "Versions: " + ", ".join(sorted(versions)) + "."]
    lines += [f"\nLeft out: {what}: {why}." for what, why in results.left_out.items()]
    return "\n".join(lines) + "\n"


def rounds(results: Results) -> str:
    """Say how many rounds there were: some rows, or peers, may have had more than others."""
    counts = [len(values) for peers in results.figures.values() for values in peers.values()]
    least, most = min(counts, default=0), max(counts, default=0)
    return f"{least} to {most} rounds" if least < most else f"{most} round{'s' * (most != 1)}"


def rows_of(results: Results, rows: Sequence[Row], peers: Sequence[str]) -> list[str]:
    """Return the lines of a table."""
    lines = ["| | unit | " + " | ".join(peers) + " |", "|---|---|" + "---:|" * len(peers)]
    for row in rows:
        medians = {peer: results.median(row.key, peer) for peer in peers}
        found = [value for peer, value in medians.items() if value is not None and peer != "serial"]
        if not found:
            continue
        best = max(found) if row.more_is_better else min(found)
        cells = []
        for peer, value in medians.items():
            text = "" if value is None else number(value)
            cells.append(f"**{text}**" if value == best and peer != "serial" else text)
        lines.append(f"| {row.title} | {row.unit} {'↑' if row.more_is_better else '↓'} | " + " | ".join(cells) + " |")
    return lines


def ratio(results: Results, row: Row, peer: str, best: bool = False) -> float | None:
    """Return how many times better SCOOP is than the peer, by the medians or by the best of all rounds."""
    found = results.figures.get(row.key, {})
    if not (found.get("scoop") and found.get(peer)):
        return None
    choose = (max if row.more_is_better else min) if best else statistics.median
    ours, theirs = choose(found["scoop"]), choose(found[peer])
    return ours / theirs if row.more_is_better else theirs / ours


def picture(results: Results) -> None:
    """Draw how many times better SCOOP is than each peer, a panel a row group, in greys and one colour."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in ROWS if len(results.figures.get(row.key, {})) > 1]
    figure, axes = pyplot.subplots(figsize=(9, 0.42 * len(rows) + 1.4))
    grey = "#808080"  # seen on white and on black alike
    markers = "osD^vPX*hd<>"
    peers = list(dict.fromkeys(peer for row in rows for peer in results.figures[row.key]))
    peers = [peer for peer in peers if peer not in ("scoop", "serial")]
    for place, peer in enumerate(peers):
        points = [(value, y) for y, row in enumerate(rows) if (value := ratio(results, row, peer)) is not None]
        colour = pyplot.get_cmap("tab10")(place % 10)
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            markers[place],
            label=peer,
            color=colour,
            markersize=7,
            alpha=0.9,
        )
    axes.axvline(1, color=grey, linewidth=1.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(range(len(rows)), [row.title.replace("`", "") for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("how many times better SCOOP is (right of 1), or worse (left of it)", color=grey)
    axes.tick_params(colors=grey, which="both")
    axes.grid(True, axis="both", color=grey, alpha=0.25)
    for spine in axes.spines.values():
        spine.set_visible(False)
    legend = axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.09), ncol=5, frameon=False)
    for text in legend.get_texts():
        text.set_color(grey)
    figure.savefig(PICTURE, dpi=110, transparent=True, bbox_inches="tight")
    pyplot.close(figure)


def load(path: Path) -> dict[str, Any]:
    """Return what an earlier run has written."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def spread(values: list[float]) -> float:
    """Return by how much the rounds differ, as a share of their median."""
    return (max(values) - min(values)) / statistics.median(values)
