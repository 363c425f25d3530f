"""``scoop worker --connect FILE``: this machine joins a run, by the invitation in a file.

It runs an agent whose run pipe this process holds itself. The first signal to leave goes on to the machine, which
gives back the tasks that it has not begun, finishes the others, and ends. The second signal closes the pipe, which
ends everything here at once; the run then repeats elsewhere what was under way.
"""

import argparse
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from ..cluster.agent import REFUSED, Agent, become_machine
from ..cluster.lines.transport import Terms
from ..cluster.planning.hosts import HostsError
from ..cluster.planning.invitation import fetch
from ..codes import REFUSAL, with_code
from ..engine.process.limits import Limits
from ..tuning import TUNING

__all__ = ["join"]

_SECONDS_BETWEEN_LOOKS = 0.2  # at whether the file is there

_LEAVE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def join(options: argparse.Namespace) -> int:
    """Be a machine of the run until it ends, or until this process is told to leave; return the exit status."""
    try:
        _await_file(options.connect, options.wait)
        invitation = fetch(options.connect)
        assert invitation.terms is not None
        _check_run_listens(invitation.terms)
    except HostsError as problem:
        _say(with_code(str(problem), REFUSAL))
        return 2
    host, run = socket.gethostname(), invitation.terms.address

    def tell(kind: str, why: str, workers: int) -> None:
        joins = f"{host} joins the run at {run} with {workers} worker{'s' if workers > 1 else ''}; Ctrl-C leaves it"
        _say(joins if kind == "joined" else why)

    run_pipe, end = os.pipe()
    agent = Agent(host, invitation._replace(workers={host: options.n}), run_pipe, tell, os.urandom(8).hex())
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    _leave_by_signals(agent, end)
    status = agent.serve(_become_machine)
    if status == REFUSED:
        return 2
    _say(f"{host} has left the run")
    return int(status != 0)


def _leave_by_signals(agent: Agent, end: int) -> None:
    signals = 0

    def leave(*_: object) -> None:
        nonlocal signals
        signals += 1
        if agent.machine is None:
            sys.exit(1)  # the machine has not started, or has ended
        if signals == 1:
            _say("this machine leaves when the tasks that it has begun have ended; a second signal ends it at once")
            os.kill(agent.machine, signal.SIGTERM)
        elif signals == 2:
            os.close(end)

    for number in _LEAVE:
        signal.signal(number, leave)


def _become_machine(terms: Terms, workers: int, limits: Limits, import_main: Callable[[], None]) -> None:
    for number in _LEAVE:  # a terminal sends Ctrl-C to this process too, but it is the agent that counts signals
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until the uplink installs its handler
    become_machine(terms, workers, limits, import_main)


def _await_file(path: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not os.path.exists(path) and time.monotonic() < until:
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _check_run_listens(terms: Terms) -> None:
    host = terms.address.removeprefix("tls://").rpartition(":")[0].strip("[]")
    try:
        socket.create_connection((host, terms.port), TUNING.run_answers_within_seconds).close()
    except OSError as problem:
        reason = problem.strerror or "no answer"
        raise HostsError(
            f"the run at {terms.address} cannot be reached ({reason}). Either it has ended, or a firewall is in the "
            "way, or this machine knows it by another name: start it with --external-hostname and that name"
        ) from None


def _say(text: str) -> None:
    print(f"scoop: {text}", file=sys.stderr, flush=True)
