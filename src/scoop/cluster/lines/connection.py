"""A connection between two machines that lasts over many lines: a session, and the line that there is; asyncio.

One side attaches a new line when the last has broken: the agent, since nothing but the coordinator listens. What is
read on a line that another has replaced does not count: the session has said that it was not received.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Any

from ...tuning import TUNING
from ...wire.messages import MalformedMessage, Message
from .pieces import Piece, PieceReader, pieces_of
from .session import Frame, Patience, Session, SessionBroken
from .transport import Line, LineBroken

__all__ = ["Ending", "LastingConnection"]

_GOODBYE = ()


class Ending(Enum):
    """How a connection has ended."""

    CLOSED = 1  # by this side
    GOODBYE = 2  # by the other one
    LOST = 3  # nothing is heard of the other one any more, or it has told that it has lost us


class LastingConnection:
    """See Connection. Its lines are given to it by ``attach``.

    ``tell`` is called with False when a line has broken that the other side has not closed, and with True when there
    is one again.
    """

    def __init__(self, silence: float, grace: float, tell: Callable[[bool], None] = lambda _: None) -> None:
        self.ending: Ending | None = None
        self._clock = asyncio.get_running_loop().time
        self._session = Session()
        self._patience = Patience(silence, grace, self._clock())
        self._seconds_between_signs = min(TUNING.sign_of_life_seconds, silence / 4)
        self._tell = tell
        self._has_told = False
        self._reader = PieceReader()
        self._unsent: deque[Message] = deque()
        self._pieces: Iterator[Piece] = iter(())  # of the message that is being sent
        self._line: Line | None = None
        self._writing: asyncio.Task[None] | None = None
        self._to_write = asyncio.Event()
        self._changed = asyncio.Event()  # there is a line, or there is none, or this has ended

    @property
    def received(self) -> int:
        """How many pieces have come, for the other side to know."""
        return self._session.received

    def attach(self, line: Line, received: int, reply: tuple[object, ...] | None = None) -> None:
        """Go on over a new line; the other side, which gets ``reply`` first, has received so many pieces.

        Raises SessionBroken if that cannot be.
        """
        self._leave_line()
        self._session.resume(received)
        self._patience.heard(self._clock())
        self._line = line
        self._writing = asyncio.create_task(self._write(line, reply))
        self._changed.set()
        if self._has_told:
            self._has_told = False
            self._tell(True)

    def post(self, message: Message) -> None:
        self._unsent.append(message)
        self._to_write.set()

    async def read(self) -> Message | None:
        while (line := await self._wait_for_line()) is not None:
            try:
                async with asyncio.timeout_at(self._patience.line_ends_at):
                    frame = await line.read()
                if line is self._line and (message := self._take(frame)) is not None:
                    return message
            except TimeoutError:
                self._line_ended(line, hung_up=False)
            except LineBroken as problem:
                self._line_ended(line, problem.hung_up)
            except (SessionBroken, MalformedMessage, ValueError, TypeError):
                self.end(Ending.LOST)
        return None

    async def line_is_missing(self) -> bool:
        """Wait until a line is to be attached, and return True; or until this has ended in another way than that."""
        while self._line is not None and self.ending is None:
            self._changed.clear()
            await self._changed.wait()
        return self.ending in (None, Ending.LOST)

    def end(self, ending: Ending) -> None:
        """End this, if it has not ended: ``read`` returns None."""
        if self.ending is None:
            self.ending = ending
        self._leave_line()

    async def close(self) -> None:
        line, self._line = self._line, None
        self.end(Ending.CLOSED)
        if line is not None:
            with suppress(LineBroken, TimeoutError):
                async with asyncio.timeout(TUNING.goodbye_seconds):
                    await line.write(_GOODBYE)
            line.close()

    def _take(self, frame: Any) -> Message | None:
        self._patience.heard(self._clock())
        if frame == _GOODBYE:
            self.end(Ending.GOODBYE)
            return None
        had_room = self._session.has_room
        piece = self._session.take(Frame(*frame))
        if self._session.owes_count or self._session.has_room != had_room:
            self._to_write.set()
        return None if piece is None else self._reader.feed(piece)

    async def _wait_for_line(self) -> Line | None:
        """Wait for a line until this is lost, or has ended."""
        while self._line is None and self.ending is None:
            self._changed.clear()
            try:
                async with asyncio.timeout_at(self._patience.lost_at):
                    await self._changed.wait()
            except TimeoutError:
                self.end(Ending.LOST)
        return self._line

    def _line_ended(self, line: Line, hung_up: bool) -> None:
        if line is not self._line:
            return
        self._leave_line()
        self._patience.line_ended(self._clock(), hung_up)
        if not hung_up:
            self._has_told = True
            self._tell(False)

    def _leave_line(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        if self._line is not None:
            self._line.close()
            self._line = None
        self._changed.set()

    # -- what goes out ---------------------------------------------------------------------------------------

    async def _write(self, line: Line, reply: tuple[object, ...] | None) -> None:
        try:
            if reply is not None:
                await line.write(reply)
            while True:
                self._to_write.clear()
                while (frame := self._next_frame()) is not None:
                    await line.write(frame)
                if self._session.owes_count or not await self._is_woken():
                    await line.write(self._session.sign_of_life())
        except LineBroken as problem:
            self._line_ended(line, problem.hung_up)

    async def _is_woken(self) -> bool:
        """Wait until there may be something to write; return False if a sign of life is due instead."""
        try:
            async with asyncio.timeout(self._seconds_between_signs):
                return await self._to_write.wait()
        except TimeoutError:
            return False

    def _next_frame(self) -> Frame | None:
        if self._session.wants_piece and (piece := self._next_piece()) is not None:
            self._session.add(piece)
        return self._session.next_frame()

    def _next_piece(self) -> Piece | None:
        while (piece := next(self._pieces, None)) is None and self._unsent:
            self._pieces = pieces_of(self._unsent.popleft())
        return piece
