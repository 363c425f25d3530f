"""The states of a future, and which of them may follow which.

    NEW ──> READY ──> RUNNING ──> DONE | FAILED              it ran in this process
     │        │         └───────> ARRIVED                     its call has returned a future, which has ended
     │        ├─────> SENT ─────> ARRIVED ──> DONE | FAILED   it ran elsewhere; unpickled by the first who asks
     │        │         ├───────> READY                       it could not travel
     │        │         ├───────> CANCELLED                   it was dropped before it began elsewhere
     │        │         └───────> FAILED                      it died with its workers, or the run cannot go on
     │        └─────> CANCELLED | FAILED                      it is not wanted, or the run cannot go on
     ├──────> WAITING ──> READY                               all that it depends on has ended
     │           ├──────> ARRIVED ──> FAILED                  something that it depends on has failed
     │           ├──────> CANCELLED | FAILED                  likewise; it is not wanted; the run cannot go on
     │           └──────> DONE | FAILED | CANCELLED           it shows what becomes of a call of an executor
     └──────> CANCELLED | DONE | FAILED                       made by hand; made to show an outcome to a callback

READY means: in one of the scheduler's tables. WAITING means: among those that wait for others. A call that returns a
future stays RUNNING until that one has ended.
"""

__all__ = [
    "ARRIVED",
    "CANCELLED",
    "DONE",
    "FAILED",
    "NAMES",
    "NEW",
    "READY",
    "RUNNING",
    "SENT",
    "TRANSITIONS",
    "WAITING",
]

NEW, WAITING, READY, RUNNING, SENT, ARRIVED, DONE, FAILED, CANCELLED = range(9)  # from ARRIVED on it has ended

TRANSITIONS = {
    NEW: {WAITING, READY, DONE, FAILED, CANCELLED},
    WAITING: {READY, ARRIVED, DONE, FAILED, CANCELLED},
    READY: {RUNNING, SENT, FAILED, CANCELLED},
    RUNNING: {DONE, FAILED, ARRIVED},
    SENT: {ARRIVED, READY, FAILED, CANCELLED},
    ARRIVED: {DONE, FAILED},
}

NAMES = ("new", "waiting", "ready", "running", "sent", "done", "done", "failed", "cancelled")
