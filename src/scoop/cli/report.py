"""``scoop report FILE``: read a trace, and say what it tells: as a page, as text or as JSON."""

import argparse
import gc
import json
import sys

from ..report.page import page
from ..report.pieces import Pieces
from ..report.reading import NotATrace, read
from ..report.summary import summary
from ..report.text import text
from ..report.timeline import timeline

__all__ = ["report"]


def report(options: argparse.Namespace) -> int:
    """Do as the options say; return the exit status."""
    gc.disable()  # there are millions of objects, and no circles among them: it would go over them in vain
    try:
        trace = read(options.trace)
        pieces = Pieces(trace.tasks, trace.moves)
        found = summary(trace, pieces)
        if options.json:
            print(json.dumps(found, indent=2))
        elif options.text:
            print(text(found), end="")
        else:
            path = options.output or _page_beside(options.trace)
            with open(path, "w", encoding="utf-8") as file:
                file.write(page(found, timeline(trace, pieces)))
            print(f"{path}: open it in a browser", file=sys.stderr)
    except BrokenPipeError:
        return 0
    except NotATrace as problem:
        return _refuse(str(problem))
    except OSError as problem:
        return _refuse(f"can't open file {problem.filename!r}: {problem.strerror}")
    return 0


def _refuse(problem: str) -> int:
    print(f"scoop: {problem}", file=sys.stderr)
    return 2


def _page_beside(path: str) -> str:
    for ending in (".json.gz", ".json", ".gz"):
        if path.endswith(ending):
            return f"{path.removesuffix(ending)}.html"
    return f"{path}.html"
