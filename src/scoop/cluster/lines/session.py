"""A session between two machines, pure: which pieces to send again on a new line, and how long to wait for one.

A *line* is one connection of the network, and may break at any moment. The session outlives it. Each side counts the
pieces that it has received, and says the count in every frame. That acknowledges them. Each side keeps the pieces
that the other side has not acknowledged. On a new line each side first says its count, and the other side goes on
from there. So each piece arrives once, and in order, or the session is lost.
"""

from collections import deque
from typing import NamedTuple

from ...tuning import TUNING
from .pieces import Piece

__all__ = ["Frame", "Patience", "Session", "SessionBroken"]


class Frame(NamedTuple):
    """One message on a line."""

    received: int  # pieces that the sender of this has received so far
    piece: Piece | None  # its own next one; None is a sign of life only


class SessionBroken(Exception):
    """The other side contradicts itself: it speaks of another session, or is broken."""


class Session:
    """One side: what it has sent, and what it has received."""

    def __init__(self) -> None:
        self.received = 0
        self._kept: deque[Piece] = deque()  # the other side has acknowledged neither of these
        self._kept_bytes = 0
        self._acknowledged = 0  # pieces of ours that the other side has received, as far as it has said
        self._on_line = 0  # how many of the kept ones were sent on the line that there is
        self._new_bytes = 0  # received since we have said our count

    # -- what goes out ---------------------------------------------------------------------------------------

    @property
    def has_room(self) -> bool:
        """Whether not too much is kept."""
        return self._kept_bytes < TUNING.kept_bytes_at_most

    @property
    def wants_piece(self) -> bool:
        """Whether another piece may be added: all others were sent, and there is room."""
        return self._on_line == len(self._kept) and self.has_room

    def add(self, piece: Piece) -> None:
        self._kept.append(piece)
        self._kept_bytes += _size(piece)

    def next_frame(self) -> Frame | None:
        """Return what to send next on this line; None if all was sent."""
        if self._on_line == len(self._kept):
            return None
        self._on_line += 1
        return self._frame(self._kept[self._on_line - 1])

    def sign_of_life(self) -> Frame:
        return self._frame(None)

    @property
    def owes_count(self) -> bool:
        """Whether so much has come that the other side should hear of it now: it keeps all that until then."""
        return self._new_bytes >= TUNING.kept_bytes_at_most // 8

    def _frame(self, piece: Piece | None) -> Frame:
        self._new_bytes = 0
        return Frame(self.received, piece)

    # -- what comes in ---------------------------------------------------------------------------------------

    def take(self, frame: Frame) -> Piece | None:
        """Take a frame that has come; return the piece in it. Raises SessionBroken."""
        if frame.received > self._acknowledged + self._on_line:
            raise SessionBroken("a count of pieces that were not sent")
        self._forget(frame.received)
        if frame.piece is not None:
            self.received += 1
            self._new_bytes += _size(frame.piece)
        return frame.piece

    def resume(self, received: int) -> None:
        """Go on, on a new line: the other side has received so many pieces. Raises SessionBroken."""
        self._on_line = len(self._kept)
        self._forget(received)
        self._on_line = 0

    def _forget(self, received: int) -> None:
        count = received - self._acknowledged
        if not 0 <= count <= len(self._kept):
            raise SessionBroken(
                f"{received} pieces, of {self._acknowledged} to {self._acknowledged + len(self._kept)}"
            )
        for _ in range(count):
            self._kept_bytes -= _size(self._kept.popleft())
        self._acknowledged += count
        self._on_line -= count


class Patience:
    """Until when one side waits for the other. All times are seconds of one clock.

    A line that is silent is given up after ``silence`` seconds. When a line has broken, for that or another reason,
    the session is lost after ``grace`` seconds. If the other side has hung up, its process has most likely ended: one
    that lives is back at once.
    """

    def __init__(self, silence: float, grace: float, now: float) -> None:
        self._silence = silence
        self._grace = grace
        self.heard(now)

    def heard(self, now: float) -> None:
        """The other side has given a sign of life."""
        self.line_ends_at = now + self._silence
        self.lost_at = self.line_ends_at + self._grace

    def line_ended(self, now: float, hung_up: bool) -> None:
        """There is no line; ``hung_up``: the other side has closed it, without a goodbye."""
        seconds = min(self._grace, TUNING.hung_up_seconds) if hung_up else self._grace
        self.lost_at = min(self.lost_at, now + seconds)


def _size(piece: Piece) -> int:
    return 64 + len(piece if isinstance(piece, bytes) else piece[2])  # 64 for what each costs in itself
