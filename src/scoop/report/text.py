"""A report for a terminal."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

__all__ = ["duration", "text"]

_WIDTH = 72


def text(found: dict[str, Any]) -> str:
    """Return what ``summary`` has found, in lines."""
    return "\n".join(_lines(found)) + "\n"


def duration(seconds: float) -> str:
    """Return a length of time with a unit that suits it.

    >>> duration(0.00123), duration(75.0), duration(0.0)
    ('1.23 ms', '75 s', '0 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds / size:,.0f} {unit}"
    return "0 s" if seconds <= 0 else f"{seconds * 1e9:.3g} ns"


def _lines(found: dict[str, Any]) -> Iterator[str]:
    run, path = found["run"], found["critical_path"]
    where = f"{run['workers']} workers on {', '.join(run['hosts'])}"
    yield f"{run['program'] or 'a run'}: {duration(run['seconds'])}, {where}"
    yield f"{run['tasks']:,} tasks, {run['rows']:,} rows of maps, {run['failed']:,} failed"
    yield f"{run['moved']:,} tasks moved ({run['moved_bytes']:,} bytes there, {run['returned_bytes']:,} back)"
    yield f"{run['repeated']:,} were moved twice, {run['lost']:,} lost; {run['came_later']:,} workers came later"
    yield f"SCOOP {run['scoop']}, Python {run['python']}"
    if not run["is_whole"]:
        yield "The trace has no end: the run was killed, or goes on."
    if run["blocks_left_out"]:
        yield f"{run['blocks_left_out']} blocks are missing: the disk was slower than the tasks."
    if found["unfinished"]:
        yield from _section("Running when their processes ended", _unfinished(found["unfinished"], run["unfinished"]))
    yield from _section("Utilization over time", [_curve(found["utilization"])])
    yield from _section("Where the workers' time went", _shares(found["time"]))
    yield from _section("Functions", _functions(found["functions"][:20]))
    if run["has_memory"]:
        yield from _section("Memory: by how much tasks raised the peak of a process", _memory(found["functions"]))
    yield from _section("Critical path", _path(path))
    yield from _section("Advice", [each for line in found["advice"] for each in wrap(f"- {line}", 96)])


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from (f"  {line}" for line in lines)


def _curve(utilization: Sequence[float]) -> str:
    step = max(1, len(utilization) // _WIDTH)
    means = [sum(utilization[at : at + step]) / step for at in range(0, len(utilization) - step + 1, step)]
    return "".join(" ▁▂▃▄▅▆▇█"[min(8, round(8 * each))] for each in means)


def _shares(times: dict[str, float]) -> list[str]:
    whole = sum(times.values()) or 1.0
    return [
        f"{name:<9}{duration(seconds):>9}  {seconds / whole:>5.1%}  {'█' * round(40 * seconds / whole)}".rstrip()
        for name, seconds in times.items()
    ]


def _functions(functions: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"{'name':<24}{'calls':>10}{'total':>10}{'median':>10}{'p95':>10}{'longest':>10}  its arguments"]
    for each in functions:
        lengths = "".join(f"{duration(each[name]):>10}" for name in ("total", "median", "p95", "longest"))
        lines.append(f"{each['name'][-24:]:<24}{each['calls']:>10,}{lengths}  {each['arguments']}".rstrip())
    return lines


def _memory(functions: Sequence[dict[str, Any]]) -> list[str]:
    raised = sorted((each for each in functions if each["memory"]), key=lambda each: -each["memory"])
    return [f"{each['memory'] / 1e6:>9,.1f} MB  {each['name']}" for each in raised[:20]]


def _unfinished(tasks: Sequence[dict[str, Any]], count: int) -> list[str]:
    lines = [
        f"{duration(each['seconds']):>9} since {duration(each['since'])}  {each['worker']}: "
        f"{each['function']}{each['arguments'] and '(' + each['arguments'] + ')'}"
        for each in tasks[:20]
    ]
    return lines if count <= len(lines) else [*lines, f"and {count - len(lines):,} more"]


def _path(path: dict[str, Any]) -> list[str]:
    lines = [f"{duration(path['seconds'])} of {duration(path['work'])} of work must be done one after another."]
    lines += [
        f"with {int(n):>5,} workers at most {speed:.1f} times as fast as with one"
        for n, speed in path["speedups"].items()
    ]
    lines += [f"{duration(s['seconds']):>9} in {_pieces(s['pieces'])} of {s['function']}" for s in path["shares"][:8]]
    return lines


def _pieces(count: int) -> str:
    return "1 piece" if count == 1 else f"{count:,} pieces"
