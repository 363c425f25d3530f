"""The policy of one worker: what runs next, what is given away, when to say that we are hungry.

    submit     put it in the table; if somebody is hungry, give
    join       if it is in the table: take it out and run it, here and now; else wait
    step       run the newest own task, or else the oldest errand; with neither, say so and sleep
    give       the later half of the errands; without errands, the oldest half of the own tasks

Nothing here knows of sockets or processes: messages go out through ``send``, time and sleep come from outside.
So the same code runs under the simulation, with many workers in one thread and a clock of its own.
README.md in this folder has the states, the protocol, and why it neither deadlocks nor loses a wake-up.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from functools import partial
from operator import setitem
from sys import _getframe, getrecursionlimit
from threading import get_ident
from typing import Any

from greenlet import greenlet

from ..wire.board import Board
from ..wire.messages import Kind, Message
from ..wire.store import Store
from . import runtime
from .appetite import Appetite
from .costs import Costs
from .deputies import Deputies
from .exports import Exports
from .future import CANCELLED, DONE, FAILED, NO_KWARGS, READY, RUNNING, Future
from .giving import Giving
from .hub import Bell, Hub
from .imports import Imports, Send
from .limits import Limits
from .polling import Polling
from .slice import Slice
from .sweep import Sweep
from .tracebacks import is_from_signal_handler
from .waiting import Waiting, deadline_after

__all__ = ["Scheduler"]

ROOM = 5
"""A task is run on the stack of its waiter while that is no deeper than this part of the recursion limit."""


class Scheduler:
    """The tasks of one process.

    Parameters:
        slot: this worker's number on its machine; the origin's is 0.
        size: how many workers the run has.
        board: shared with the broker. My cell of its ``hunger`` is non-zero while somebody wants work of mine:
            another worker, or an idle thread of this process.
        send: takes a message to the broker; callable from any thread.
        new_bell: makes what a thread sleeps on.
        clock: seconds, monotonic.
        limits: what this process is allowed.
    """

    def __init__(
        self,
        slot: int,
        size: int,
        board: Board,
        send: Send,
        new_bell: Callable[[], Bell],
        clock: Callable[[], float],
        limits: Limits,
    ) -> None:
        self.slot = slot
        self.size = size
        self.board = board
        self.cell = board.cell(slot)
        self.hunger = board.hunger
        self.new_bell = new_bell
        self.ready: OrderedDict[Future | Sweep, bool] = OrderedDict()  # what is on offer, the oldest first
        self.homebound: OrderedDict[Future, bool] = OrderedDict()  # own tasks that cannot travel
        self.costs = Costs()
        store = Store()
        self.exports = Exports(slot, limits.retries, send, store, self.costs)
        count_taken = partial(setitem, board.taken, self.cell)
        self.imports = Imports(send, clock, self.asked, count_taken, limits.retries == 0, store)
        self.slices: dict[Slice, Any] = {}  # of maps, that run here, and the functions of what is cut off them
        self.limits = limits
        self.send = send
        self.between_tasks: Callable[[int], None] | None = None  # called on the main thread after each errand
        self.clock = clock
        self.polling = Polling(self)
        self.waits: dict[greenlet, Waiting] = {}  # what each suspended greenlet waits for
        self.giving = Giving(self)
        self.spared = limits.spare and slot == 0  # the origin only runs what cannot travel
        self._deepest = 0 if self.spared else getrecursionlimit() // ROOM
        self._native = Hub(new_bell(), self.step)
        self.appetite = Appetite(self, self._native, send)
        self._hubs = {get_ident(): self._native}
        self.deputies = Deputies(self)

    # -- tasks ------------------------------------------------------------------------------------------------

    def offer(self, future: Future) -> None:
        """Put a new future on offer, as the newest."""
        future._state = READY
        self.ready[future] = True
        if self.hunger[self.cell]:
            self.giving.attend()

    def offer_all(self, futures: Sequence[Future]) -> None:
        """Put new futures on offer so that the first of them is the first to run here, the last to leave."""
        for future in reversed(futures):
            future._state = READY
            self.ready[future] = True
        if self.hunger[self.cell]:
            self.giving.attend()

    def offer_behind(self, future: Future) -> None:
        """Put a new future on offer as the oldest: it is the last we shall ask for."""
        future._state = READY
        self.ready[future] = True
        self.ready.move_to_end(future, last=False)
        if self.hunger[self.cell]:
            self.giving.attend()

    def claim(self, future: Future) -> bool:
        """Take a future off the table, if it is there: whoever gets True decides what becomes of it."""
        return self.ready.pop(future, False) or self.homebound.pop(future, False)

    def join(self, future: Future, timeout: float | None) -> None:
        """Return when ``future`` has ended; raise TimeoutError after ``timeout`` seconds."""
        # The short cut of nearly all joins; Waiting does the same, at length.
        if timeout is None and self.has_room() and self.ready.pop(future, False):
            try:
                self.run_inline(future)
            except BaseException:  # no room on the stack even to begin, or Ctrl-C as it began
                if future._state == READY:
                    self.ready[future] = True
                raise
            del future  # a traceback may keep this frame alive: see run_inline
        else:
            self._await(future, deadline_after(timeout))

    def has_room(self) -> bool:
        """Return whether this stack can carry one more task. Else it gets one of its own, in a fresh greenlet.

        On the stacks of a process that is spared there never is.
        """
        try:
            _getframe(self._deepest)
        except ValueError:  # the stack is not that deep: 0.3 us, the cheapest way there is to ask
            return True
        return False

    def join_by(self, future: Future, deadline: float | None) -> None:
        """Return when ``future`` has ended; raise TimeoutError at the ``deadline``."""
        if deadline is None:
            self.join(future, None)
        else:
            self._await(future, deadline)

    def _await(self, future: Future, deadline: float | None) -> None:
        waiting = Waiting(self, (future,))
        try:
            waiting.next(deadline)
        finally:
            waiting.close()

    def run_inline(self, future: Future) -> None:
        """Run a claimed future on this stack."""
        future._state = RUNNING
        # From here to its end the future must not be lost, and the program's stack may be full: so no call of ours.
        try:
            future._value = future._fn(*future._args, **future._kwargs)  # type: ignore[misc]
        except BaseException as error:  # it is the future's, whatever it is
            future._value = error
            future._state = FAILED  # first: a second exception may come at each call from here on
            # Without our own frame, which holds the future: else each failure is a circle that waits to be collected.
            trace = error.__traceback__
            error.with_traceback(trace and trace.tb_next)
            del trace
            if error is runtime.interrupt or (type(error) is SystemExit and is_from_signal_handler(error)):
                raise
        else:
            future._state = DONE
        finally:
            future._fn = None
            future._args = ()
            future._kwargs = NO_KWARGS
            if future._watchers is not None:
                future._fire()
            del future  # a traceback keeps the frames below its own alive: they must not lead back to it

    def cancel(self, futures: Iterable[Future]) -> None:
        """Cancel what has not begun, here or elsewhere."""
        futures = list(futures)
        for future in futures:
            if self.claim(future):
                future._end(CANCELLED, None)
        for parcel, numbers in self.exports.where(futures).items():
            self.send(Kind.DROP, parcel, numbers, b"")

    def is_on_offer(self, future: Future) -> bool:
        """Return whether nobody has claimed ``future`` yet."""
        return future in self.ready or future in self.homebound

    # -- what a thread does between tasks ---------------------------------------------------------------------

    def step(self, hub: Hub) -> None:
        """Run one task, or sleep until there may be one."""
        if self.deputies.chores:
            self.deputies.do_chore()
        elif not self.run_next(hub):
            self.rest(hub)
            self.appetite.rise(hub)

    def run_next(self, hub: Hub) -> bool:
        """Run the newest own task, or else the oldest errand; return whether there was one."""
        own = self._next_own()
        if own is not None:
            if self.hunger[self.cell]:
                self.giving.attend(least=1)
            if isinstance(own, Sweep):
                own.run_ahead()
            else:
                try:
                    self.run_inline(own)
                except BaseException:
                    if own._state == READY:
                        self.ready[own] = True
                    raise
            del own
            return True
        errand = self.imports.take()
        if errand is None:
            return False
        if self.hunger[self.cell]:
            self.giving.attend(least=1)
        self.imports.run(errand)
        if self.between_tasks is not None and hub is self._native:
            self.between_tasks(hub.suspended)
        return True

    def rest(self, hub: Hub) -> None:
        """Send what we owe, say that we are hungry, and sleep until there may be something to do."""
        self.imports.flush()
        self.appetite.rest(hub)

    def _next_own(self) -> Future | Sweep | None:
        try:
            if self.ready and not self.spared:
                return self.ready.popitem()[0]
        except KeyError:  # the link was faster
            pass
        try:
            return self.homebound.popitem()[0] if self.homebound else None
        except KeyError:
            return None

    def has_work(self) -> bool:
        """Return whether there is anything that a thread of this process could do."""
        own = self.homebound or (self.ready and not self.spared)
        return bool(own or self.imports.waiting or self.deputies.chores)

    def is_clean(self) -> bool:
        """Return whether nothing of the user's is in this process, save errands that have not begun."""
        if self.ready or self.homebound or any(hub.suspended or hub.in_line for hub in self.hubs()):
            return False
        # In this order: what another thread has taken from the table, to give it away, is in one of the two.
        return not (self.giving.is_at_it() or self.exports.any_away) and self.deputies.at_rest()

    def hub_here(self) -> Hub | None:
        """Return the hub of the calling thread; None for threads of the program's own."""
        return self._hubs.get(get_ident())

    def hubs(self) -> list[Hub]:
        """Return the hubs of all threads that run tasks."""
        return list(self._hubs.values())

    def adopt(self, hub: Hub) -> None:
        """Take in the hub of the calling thread."""
        self._hubs[get_ident()] = hub

    def context(self) -> Context:
        """Return a copy of the main thread's context variables."""
        return self._native.context()

    def wake(self) -> None:
        """Wake all threads that may run tasks."""
        self._native.nudge()
        self.deputies.nudge()

    def deputised(self, hub: Hub | None) -> AbstractContextManager[None]:
        """Have a deputy run tasks while the calling thread, whose hub is ``hub``, sleeps."""
        return self.deputies.standing_in(hub)

    # -- what the link brings ---------------------------------------------------------------------------------

    def deliver(self, message: Message) -> None:
        """Take in one message that concerns tasks. Called by one thread only, in the order of arrival."""
        kind, parcel, numbers, body, cargo = message
        if kind == Kind.PARCEL:
            self.imports.accept(parcel, numbers, body, cargo)
        elif kind == Kind.OUTCOME:
            self._conclude(self.exports.arrived(parcel, numbers, body, cargo))
        elif kind == Kind.DROPPED:
            self._conclude(self.exports.dropped(parcel, numbers))
        elif kind == Kind.LOST:
            ended, again = self.exports.lost(parcel, numbers, body)
            self.giving.send_suspects(iter(again))
            self._conclude(ended)
        elif kind == Kind.DROP:
            self.imports.drop(parcel, numbers)
        elif kind == Kind.FINISH:
            self.appetite.finish()
        self.appetite.heard()
        self.wake()

    def refuse(self, error: Exception) -> None:
        """Serve no calls any more: all that has not ended fails with ``error``, and so does every later call."""
        runtime.refusal = error
        stranded = [future for future in [*self.ready, *self.homebound] if isinstance(future, Future)]
        self._conclude((future, FAILED, error) for future in stranded if self.claim(future))
        self.ready.clear()  # maps notice by themselves
        self._conclude(self.exports.abandon(error))
        self.appetite.finish()

    def asked(self) -> bool:
        """Return whether the broker wants us to give work away."""
        return self.board.is_asked(self.slot)

    def asked_far(self) -> bool:
        """Return whether other machines want work of ours."""
        return self.board.is_asked_far(self.slot)

    def _conclude(self, news: Iterable[tuple[Future, int, Any]]) -> None:
        for future, state, value in news:
            future._end(state, value, self.deputies.see_to)

    # -- the end ----------------------------------------------------------------------------------------------

    def drain(self, patient: bool = False) -> None:
        """Work until nothing that was ever submitted, here or on any worker, is left to do.

        Workers that are still starting have nothing to do, and are waited for only if ``patient``.
        """
        self.appetite.drain(patient, self._is_over)

    def _is_over(self) -> bool:
        return runtime.refusal is not None or (self.deputies.at_rest() and not (self.has_work() or self.ready))

    def run_forever(self) -> None:
        """Run tasks on this thread until the process ends."""
        self._native.run_forever()

    def close(self) -> None:
        """Let no thread run tasks any more; what is suspended is unwound when the interpreter ends."""
        for hub in self.hubs():
            hub.closed = True
            hub.bell.ring()
