"""What a person sees on a terminal, of all that was written to it: as much of one as progress needs."""

import re

__all__ = ["seen"]

_PIECE = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b\[[\d;?]*([A-Za-z])|\x1b([78D])|(.)", re.DOTALL)


class _Screen:
    """Rows without end: nothing scrolls."""

    def __init__(self) -> None:
        self.rows: list[str] = [""]
        self._row = self._column = 0
        self._saved = 0, 0

    def take(self, number: str, order: str, character: str) -> None:
        if order == "A":
            self._row -= int(number or 1)
        elif order == "D":
            self._go_down()
        elif order == "7":
            self._saved = self._row, self._column
        elif order == "8":
            self._row, self._column = self._saved
        elif order == "J":
            self.rows[self._row :] = [self.rows[self._row][: self._column]]
        elif character == "\n":
            self._go_down()
            self._column = 0
        elif character and character != "\r":
            row = self.rows[self._row].ljust(self._column)
            self.rows[self._row] = row[: self._column] + character + row[self._column + 1 :]
            self._column += 1

    def _go_down(self) -> None:
        self._row += 1
        self.rows += [""] * (self._row + 1 - len(self.rows))


def seen(written: str) -> list[str]:
    """Return the lines that are seen in the end."""
    screen = _Screen()
    for number, order, _, other, character in _PIECE.findall(written):
        screen.take(number, order or other, character)
    return [row.rstrip() for row in screen.rows]
