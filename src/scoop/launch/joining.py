"""``scoop worker --connect FILE``: this machine joins a run that goes on, by the invitation in a file.

It is a station whose lifeline is in its own hands. The first signal to leave goes to the machine, which gives back
what it has not begun, finishes what it has, and ends. The second ends the lifeline, and so everything here at once:
then the run does again elsewhere what was under way.
"""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Callable

from ..engine.limits import Limits
from ..uplink.terms import Terms
from .cluster.hosts import HostsError
from .cluster.letterbox import fetch
from .machine import become_machine
from .options import COUNT
from .station import REFUSED, Station

__all__ = ["join"]

PATIENCE = 10.0
"""Seconds that the run has to take a call."""

_LEAVE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def join(words: list[str]) -> int:
    """Be a machine of the run until it ends, or until this process is told to leave; return the exit status."""
    options = _parser().parse_args(words)
    try:
        invitation = fetch(options.connect)
        assert invitation.terms is not None
        _knock(invitation.terms)
    except HostsError as problem:
        print(f"scoop: {problem}", file=sys.stderr)
        return 2
    host, run = socket.gethostname(), invitation.terms.address

    def tell(kind: str, why: str, workers: int) -> None:
        joins = f"{host} joins the run at {run} with {workers} worker{'s' if workers > 1 else ''}; Ctrl-C leaves it"
        _say(joins if kind == "joined" else why)

    lifeline, end = os.pipe()
    station = Station(host, invitation._replace(workers={host: options.n}), lifeline, tell)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    _leave_by_signals(station, lambda: os.close(end))
    status = station.serve(_become)
    if status == REFUSED:
        return 2
    _say(f"{host} has left the run")
    return int(status != 0)


def _leave_by_signals(station: Station, end: Callable[[], None]) -> None:
    told = 0

    def leave(*_: object) -> None:
        nonlocal told
        told += 1
        if station.machine is None:
            sys.exit(1)  # it has not begun, or is over
        if told == 1:
            _say("what has begun here is finished, then this machine leaves; a second signal ends it at once")
            os.kill(station.machine, signal.SIGTERM)
        elif told == 2:
            end()

    for number in _LEAVE:
        signal.signal(number, leave)


def _become(terms: Terms, workers: int, limits: Limits, import_main: Callable[[], None]) -> None:
    """Be the machine. A terminal's Ctrl-C strikes it too, but it is the station that counts them."""
    for number in _LEAVE:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until the uplink takes it
    become_machine(terms, workers, limits, import_main)


def _knock(terms: Terms) -> None:
    """Raise HostsError if nobody listens where the run should be."""
    host, _, port = terms.address.rpartition("/")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except OSError as problem:
        reason = problem.strerror or "no answer"
        raise HostsError(
            f"the run at {terms.address} cannot be reached ({reason}): it has ended, or a firewall is in the way, or "
            "it is to be started with --external-hostname and the name by which this machine reaches it"
        ) from None


def _say(what: str) -> None:
    print(f"scoop: {what}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scoop worker",
        description="Join a run that goes on, with workers on this machine, until it ends. Ctrl-C, or SIGTERM, "
        "leaves it: what has begun here is finished first. A second one leaves at once; nothing is lost by that.",
        allow_abbrev=False,
    )
    parser.add_argument("--connect", metavar="FILE", required=True, help="what the run was given with --invite")
    parser.add_argument("-n", type=COUNT, metavar="N", help="workers here (default: all usable processors)")
    return parser
