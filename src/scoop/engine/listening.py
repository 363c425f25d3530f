"""How instruments come to hear of each task: they wrap the functions that offer and run tasks while they listen.

So a task costs no more where no instrument listens. See process/instruments.py for what there is to hear.
"""

from collections.abc import Callable
from typing import Protocol

from .process import instruments
from .process.instruments import Instrument, Step
from .results import future as f
from .results.future import Future

__all__ = ["Heard", "has_returned", "hear_each", "listen", "stop_listening"]


class Heard(Protocol):
    """The functions of the scheduler that are wrapped."""

    offer: Callable[[Future], None]
    join: Callable[[Future, float | None], None]
    run_task: Callable[[Future], None]

    def put_on_offer(self, future: Future, /) -> None: ...
    def run_or_await(self, future: Future, timeout: float | None, /) -> None: ...


def listen(scheduler: Heard, instrument: Instrument) -> None:
    """Have an instrument hear of all that happens in this process, whose scheduler this is."""
    instruments.add(instrument)
    hear_each(scheduler)
    instrument.up()


def stop_listening(scheduler: Heard, instrument: Instrument) -> None:
    """Have an instrument hear no more; the last one leaves the scheduler as it was."""
    instruments.remove(instrument)
    hear_each(scheduler)
    instrument.down()


def hear_each(scheduler: Heard) -> None:
    """Have all that listen around the functions of the scheduler, and nothing else: so they hear of each task."""
    run: Step = f.run
    offer: Step = scheduler.put_on_offer
    for each in instruments.listening():
        run = each.running(run) or _running(each, run)
        offer = each.offering(offer) or _offering(each, offer)
    scheduler.offer, scheduler.join, scheduler.run_task = offer, scheduler.run_or_await, run  # see counted_calls.py


def _offering(instrument: Instrument, offer: Step) -> Step:
    def offer_and_tell(future: Future) -> None:
        instrument.offered(future)
        offer(future)

    return offer_and_tell


def _running(instrument: Instrument, run: Step) -> Step:
    def run_and_tell(future: Future) -> None:
        told = instrument.started(future, *f.call_of(future))
        try:
            run(future)
        finally:
            instrument.ended(told, has_returned(future))
            del future, told  # a traceback may keep this frame alive: see future.run

    return run_and_tell


def has_returned(future: Future) -> bool:
    """Return whether the call of a future, which is over, has raised nothing: it may have returned another future."""
    return f.has_succeeded(future) or isinstance(f.read(future)[1], Future)
