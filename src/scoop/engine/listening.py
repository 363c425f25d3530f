"""How instruments come to hear of each task: they wrap the functions that offer and run tasks while they listen.

So a task costs no more where no instrument listens. See process/instruments.py for what there is to hear.
"""

from collections.abc import Callable
from typing import Protocol

from .process import instruments
from .process.instruments import Instrument
from .results import future as f
from .results.future import Future

__all__ = ["listen", "stop_listening"]


class Heard(Protocol):
    """The functions of the scheduler that are wrapped."""

    run_task: Callable[[Future], None]

    def offer(self, future: Future) -> None: ...


def listen(scheduler: Heard, instrument: Instrument) -> None:
    """Have an instrument hear of all that happens in this process, whose scheduler this is."""
    instruments.add(instrument)
    _wrap(scheduler)
    instrument.up()


def stop_listening(scheduler: Heard, instrument: Instrument) -> None:
    """Have an instrument hear no more; the last one leaves the scheduler as it was."""
    instruments.remove(instrument)
    _wrap(scheduler)
    instrument.down()


def _wrap(scheduler: Heard) -> None:
    """Have all that listen around the functions of the scheduler, and nothing else."""
    vars(scheduler).pop("offer", None)
    run: Callable[[Future], None] = f.run
    offer: Callable[[Future], None] = scheduler.offer
    for each in instruments.listening():
        run, offer = each.running(run), each.offering(offer)
        vars(scheduler)["offer"] = offer  # found before the method of the class
    scheduler.run_task = run
