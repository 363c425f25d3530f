"""What belongs to a run is recorded from its beginning."""

from unittest.mock import Mock

import pytest

from scoop.engine.process import notices
from scoop.trace import takers
from scoop.trace.recording import Recording
from scoop.trace.settings import TraceOptions
from scoop.wire.messages import Notice, NoticeKind


def test_lines_that_come_before_the_program_is_ready_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    taker = Mock()
    monkeypatch.setattr(takers, "open_takers", lambda *_: [taker])
    monkeypatch.setattr(notices, "takers", {})
    Recording(TraceOptions("t.json"))
    notices.note(Notice(NoticeKind.TRACE, b"lines of a worker"))
    taker.take.assert_called_once_with(b"lines of a worker")
