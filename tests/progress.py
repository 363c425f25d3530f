"""How far several runs of pytest are that go on at once: a line every few seconds.

-- 3.13: 120 of 412; 3.11: 18 of 80, 1 failed; waiting: 4; ended: 2  (35 s)
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TextIO

__all__ = ["Progress"]

SECONDS = 10.0
"""Between two lines."""

_SHOWN = re.compile(r"\[ *(\d+)/(\d+)\]")  # at the end of a full line of dots
_MARKS = re.compile(r"(?:^|\.py )([.FEsxX]+)(?= |$)")


class Progress:
    """Follows what runs print, and tells of it; a context, within which it does.

    Parameters:
        names: of all runs there are to be.
        seconds: between two lines.
    """

    def __init__(self, names: Iterable[str], seconds: float = SECONDS) -> None:
        self._waiting = set(names)
        self._running: dict[str, str] = {}
        self._ended = 0
        self._seconds = seconds
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._tell)

    def __enter__(self) -> "Progress":
        self._began = time.monotonic()
        self._teller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._over.set()
        self._teller.join()

    def follow(self, name: str, lines: TextIO | Iterable[str]) -> Iterator[str]:
        """Yield the lines that a run prints as they come, and note how far it is."""
        self._waiting.discard(name)
        self._running[name] = "begins"
        failed = 0
        for line in lines:
            yield line
            if marks := _MARKS.search(line):
                failed += marks[1].count("F") + marks[1].count("E")
            if shown := _SHOWN.search(line):
                self._running[name] = f"{shown[1]} of {shown[2]}" + (f", {failed} failed" if failed else "")

    def ended(self, name: str) -> None:
        """Hear that a run has ended."""
        self._running.pop(name, None)
        self._ended += 1

    def line(self) -> str:
        """Return where the runs are, in a line."""
        parts = [f"{name}: {where}" for name, where in self._running.copy().items()]
        parts += [f"waiting: {len(self._waiting)}"] if self._waiting else []
        parts += [f"ended: {self._ended}"] if self._ended else []
        return "; ".join(parts)

    def _tell(self) -> None:
        while not self._over.wait(self._seconds):
            print(f"-- {self.line()}  ({time.monotonic() - self._began:.0f} s)", flush=True)
