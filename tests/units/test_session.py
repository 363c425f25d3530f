"""A session between two machines: whatever breaks, each piece arrives once and in order, or the session is lost."""

from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.cluster.lines.pieces import Piece
from scoop.cluster.lines.session import Frame, Patience, Session, SessionBroken
from scoop.tuning import TUNING

# -- two sides, and lines between them ---------------------------------------------------------------------------


@dataclass
class Side:
    """One side, and what is on its way to the other one."""

    session: Session = field(default_factory=Session)
    to_send: deque[Piece] = field(default_factory=deque)
    sent: list[Piece] = field(default_factory=list)
    arrived: list[Piece] = field(default_factory=list)
    line: deque[Frame] = field(default_factory=deque)

    def post(self, piece: Piece) -> None:
        """Have the session send a piece, when it can."""
        self.to_send.append(piece)
        self.sent.append(piece)

    def write(self) -> bool:
        """Put one frame on the line; return False if there is nothing to say but that we live."""
        if self.session.wants_piece and self.to_send:
            self.session.add(self.to_send.popleft())
        frame = self.session.next_frame()
        self.line.append(frame or self.session.sign_of_life())
        return frame is not None

    def take(self, frame: Frame) -> None:
        """Have a frame arrive."""
        piece = self.session.take(frame)
        if piece is not None:
            self.arrived.append(piece)


def new_line(one: Side, other: Side, answered: bool) -> None:
    """Cut the line, and begin another; if the answer is cut off too, only one side knows of the new line."""
    one.line.clear()
    other.line.clear()
    one.session.resume(other.session.received)
    if answered:
        other.session.resume(one.session.received)


def go_on(one: Side, other: Side) -> None:
    """Have all arrive that is still to come."""
    new_line(one, other, answered=True)
    busy = True
    while busy or one.to_send or other.to_send:
        busy = one.write() | other.write()
        for here, there in ((one, other), (other, one)):
            while here.line:
                there.take(here.line.popleft())


STEPS = st.lists(
    st.tuples(st.sampled_from(["post", "write", "take", "cut", "cut again"]), st.booleans()), min_size=1, max_size=200
)


@given(STEPS, st.integers(1, 10_000))
def test_pieces_arrive_once_and_in_order_whatever_breaks(steps: list[tuple[str, bool]], size: int) -> None:
    sides = Side(), Side()
    answered = True
    for number, (step, first) in enumerate(steps):
        here, there = sides if first else sides[::-1]
        if step == "post":
            here.post(number.to_bytes(4, "big") + bytes(size))
        elif step == "cut":
            new_line(sides[0], sides[1], answered=True)
            answered = True
        elif step == "cut again":
            new_line(sides[0], sides[1], answered=False)
            answered = False
        elif not answered and here is sides[1]:
            continue  # it has no line, as far as it knows
        elif step == "write":
            here.write()
        elif here.line and answered:
            there.take(here.line.popleft())
        for one, other in (sides, sides[::-1]):
            assert other.arrived == one.sent[: len(other.arrived)]
    go_on(*sides)
    for one, other in (sides, sides[::-1]):
        assert other.arrived == one.sent


def test_no_more_is_kept_than_there_is_room_for() -> None:
    one, other = Side(), Side()
    for _ in range(200):
        one.post(bytes(1 << 18))
    while one.write():
        pass
    assert len(one.line) * (1 << 18) <= TUNING.kept_bytes_at_most + (1 << 18)
    while not other.session.owes_count:
        other.take(one.line.popleft())
    assert one.line, "the other side hears of it before all room is taken"
    go_on(one, other)
    assert len(other.arrived) == 200


def test_counts_that_cannot_be_are_refused() -> None:
    session = Session()
    session.add(b"one")
    with pytest.raises(SessionBroken):
        session.take(Frame(1, None))  # it was not sent yet
    session.next_frame()
    session.take(Frame(1, None))
    for impossible in (0, 2, -1):
        with pytest.raises(SessionBroken):
            session.resume(impossible)


def test_a_silent_line_ends_and_the_session_after_the_grace() -> None:
    patience = Patience(30.0, 20.0, now=100.0)
    assert (patience.line_ends_at, patience.lost_at) == (130.0, 150.0)
    patience.heard(110.0)
    assert (patience.line_ends_at, patience.lost_at) == (140.0, 160.0)


def test_a_line_that_breaks_leaves_the_grace_and_one_that_is_closed_less() -> None:
    patience = Patience(30.0, 20.0, now=100.0)
    patience.line_ended(105.0, hung_up=False)
    assert patience.lost_at == 125.0
    patience.heard(110.0)
    assert patience.lost_at == 160.0
    patience.line_ended(110.0, hung_up=True)
    assert patience.lost_at == 110.0 + TUNING.hung_up_seconds
    patience.line_ended(140.0, hung_up=False)
    assert patience.lost_at == 110.0 + TUNING.hung_up_seconds, "a dial in vain gives no more time"
