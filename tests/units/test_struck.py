"""What a signal handler has raised goes on to the program. Where a map brings it to another thread, it does not."""

from threading import Thread

import pytest

from scoop.engine import runtime
from scoop.engine.results.future import error_of, new_task, run


class AlarmError(Exception):
    """What the handler has raised."""


def test_what_a_handler_has_raised_ends_no_thread_but_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    error = AlarmError()
    monkeypatch.setattr(runtime, "signal_error", error)

    def fail() -> None:
        raise error

    struck, brought = new_task(fail, (), {}), new_task(fail, (), {})
    raised: list[BaseException] = []

    def run_brought() -> None:
        try:
            run(brought)
        except BaseException as problem:
            raised.append(problem)

    with pytest.raises(AlarmError):
        run(struck)
    thread = Thread(target=run_brought)
    thread.start()
    thread.join()
    assert not raised
    assert error_of(struck) is error
    assert error_of(brought) is error
