"""Which machine this is, whatever it is called: two names of one machine are no two machines."""

import socket
from collections.abc import Sequence

from ...wire.boot import boot_id
from ..planning.invitation import Answer

__all__ = ["this_machine", "told_twice"]


def this_machine() -> str:
    """Return what no other machine says of itself; an empty text if that cannot be known.

    Containers share the kernel's number with their host, and have a name of their own.
    """
    boot = boot_id()
    return f"{boot} {socket.gethostname()}" if boot else ""


def told_twice(answers: Sequence[Answer], here: str, workers_here: int) -> list[str]:
    """Return a line for each machine that has answered under several names.

    ``here`` is the machine of the program, where there are so many workers; none, and it is no host of the run.
    """
    by_machine: dict[str, list[Answer]] = {}
    for answer in answers:
        by_machine.setdefault(answer.machine, []).append(answer)
    lines = []
    for machine, found in by_machine.items():
        names = [answer.host for answer in found]
        workers = sum(answer.workers for answer in found)
        if workers_here and machine == here:
            names, workers = ["this machine", *names], workers + workers_here
        if machine and len(names) > 1:
            lines.append(
                f"{' and '.join(names)} are the same machine ({found[0].name}): it has {workers} workers for "
                f"{found[0].cores} processors; name it once"
            )
    return lines
