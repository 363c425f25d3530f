"""The handler by which a worker sends its records to the program."""

import logging

import pytest

from scoop.engine.process.forwarding import Forwarder


def test_a_handler_that_is_half_made_does_no_harm_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a worker may interrupt whatever it does, and runs the exit handlers then and there."""
    handlers = logging._handlerList  # type: ignore[attr-defined]

    def be_interrupted(_: logging.Handler) -> None:
        logging.shutdown(handlers[-1:])
        raise SystemExit

    monkeypatch.setattr(logging.Handler, "createLock", be_interrupted)
    with pytest.raises(SystemExit):
        Forwarder(lambda _: None, lambda: True)
