"""How instruments come to hear of each task: the functions that offer and run tasks are swapped while they listen.

So a task costs no more where no instrument listens. See process/instruments.py for what there is to hear.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from .process import instruments
from .process.instruments import Instrument
from .process.signal_safety import calls_program
from .results import future as f
from .results.future import Future

__all__ = ["listen", "stop_listening"]


class Heard(Protocol):
    """The functions of the scheduler that are swapped."""

    run_task: Callable[[Future], None]

    def offer(self, future: Future) -> None: ...


def listen(scheduler: Heard, instrument: Instrument) -> None:
    """Have an instrument hear of all that happens in this process, whose scheduler this is."""
    if instruments.listener is None:
        scheduler.run_task = _run
        vars(scheduler)["offer"] = partial(_offer, scheduler.offer)  # found before the method of the class
    instruments.add(instrument)
    instrument.up()


def stop_listening(scheduler: Heard, instrument: Instrument) -> None:
    """Have an instrument hear no more; the last one leaves the scheduler as it was."""
    instruments.remove(instrument)
    if instruments.listener is None:
        scheduler.run_task = f.run
        vars(scheduler).pop("offer", None)
    instrument.down()


def _offer(put_on_offer: Callable[[Future], None], future: Future) -> None:
    if (listener := instruments.listener) is not None:
        listener.offered(future)
    put_on_offer(future)


@calls_program
def _run(future: Future) -> None:
    """Run a claimed future on this stack, as future.run does, and tell who listens."""
    listener = instruments.listener
    if listener is None:  # it has just left
        f.run(future)
        return
    run = listener.started(future, *f.call_of(future))
    try:
        f.run(future)
    finally:
        listener.ended(run, f.has_succeeded(future))
        del future, run  # a traceback may keep this frame alive: see future.run
