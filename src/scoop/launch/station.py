"""``python -m scoop.launch.station``: what the launcher starts on every other host.

    launcher ──ssh, srun, ...──> station ──fork──> the machine: broker, workers, uplink
                                    └────fork──> janitor, where files were written

It reads an invitation from its standard input, looks whether it fits, answers in one marked line, and has a child
become a machine of the run. Itself it stays: its standard input is the lifeline. When that ends, because the run has,
or whatever is between here and there has died, the station kills all that it started, and ends.
"""

import logging
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from typing import NoReturn

import scoop

from ..engine.limits import Limits
from ..engine.process import close_all_but
from ..errors import in_words
from ..uplink.terms import Terms
from .cluster import invitation as letters
from .cluster.bundle import Bundle, is_there, relocate, unpack
from .cluster.invitation import MARK, Answer, Invitation, mark
from .cluster.versions import disagreement, python_version, scoop_version
from .cores import cap_threads, usable_cores
from .lifelines import adopt_orphans, bury_orphans, die_with_parent, end_orphans
from .machine import become_machine

__all__ = ["REFUSED", "BecomeMachine", "Station", "main"]

BecomeMachine = Callable[[Terms, int, Limits, Callable[[], None]], None]

Tell = Callable[[str, str, int], None]
"""Says whether this host has ``"joined"`` or is ``"refused"``, why, and how many workers it has."""

_BURY = 5.0
"""Seconds between two looks for orphans that have ended."""

REFUSED = 3
"""The exit status of a station that cannot do what the invitation asks."""

_CALLED_BY_HAND = (
    "scoop: a station is started by scoop itself, on the hosts of a run, as in\n"
    "  python -m scoop --hosts node1 node2 script.py\n"
)


def main(arguments: list[str], become: BecomeMachine) -> int:
    """Be the station of this host until the run, or the connection to it, ends; return the exit status.

    Parameters:
        arguments: what the invitation calls this host; by default the name that Slurm has for it.
        become: runs a machine of the run until its end.
    """
    lifeline = _take_standard_input()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)  # the program's to handle; its end is ours
    try:
        invitation = _receive(lifeline)
    except (ValueError, EOFError):
        sys.stderr.write(_CALLED_BY_HAND)
        return 2
    host = arguments[0] if arguments else os.environ.get("SLURMD_NODENAME", socket.gethostname())
    if invitation.terms is None:
        _tell(host, "hello")
        return _echo(lifeline, host)

    def tell(kind: str, why: str, workers: int) -> None:
        _tell(host, kind, why, workers)
        if kind == "joined":
            _write(2, MARK + b"\n")

    return Station(host, invitation, lifeline, tell).serve(become)


class _Refusal(Exception):
    """This host cannot take part; the message says why."""


class Station:
    """What is to be done on this host, and all that is left of it to be removed.

    Parameters:
        host: what the invitation calls it.
        invitation: what to do.
        lifeline: a descriptor; when nothing can be read from it any more, all ends.
        tell: see ``Tell``.
    """

    def __init__(self, host: str, invitation: Invitation, lifeline: int, tell: Tell) -> None:
        self.machine: int | None = None
        """The process that is a machine of the run, while it runs."""
        self._host = host
        self._invitation = invitation
        self._lifeline = lifeline
        self._tell = tell
        self._janitor: tuple[int, int] | None = None  # its pid, and the pipe whose end it waits for

    def serve(self, become_machine: BecomeMachine) -> int:
        """Have a child become a machine; when all of it has ended, return the exit status."""
        try:
            workers = self._check()
            home = self._settle()
        except (_Refusal, OSError) as problem:
            reason = str(problem) if isinstance(problem, _Refusal) else f"{self._host}: {problem}"
            self._tell("refused", reason, 0)
            return REFUSED
        # Before there is anything else that could print: what stands before the marks is noise of the login.
        self._tell("joined", "", workers)
        guard = os.getpid()
        adopt_orphans()  # so that whatever tasks start is ours in the end
        pid = os.fork()
        if pid == 0:
            self._be_machine(guard, workers, home, become_machine)
        self.machine = pid
        status = self._guard(pid)
        self._clean()
        return status

    def _check(self) -> int:
        """Return the number of workers. Raises _Refusal."""
        invitation = self._invitation
        here = python_version(), scoop_version()
        problem = disagreement(self._host, here, (invitation.python, invitation.scoop), sys.executable)
        if not problem and self._host not in invitation.workers:
            problem = f"{self._host} is not among the hosts of the run ({', '.join(invitation.workers)})"
        if problem:
            raise _Refusal(problem)
        return invitation.workers[self._host] or usable_cores()

    def _settle(self) -> str:
        """Go to the folder of the run; return where the program's files are."""
        invitation, found = self._invitation, self._invitation.bundle
        try:
            os.chdir(invitation.folder or ".")
        except OSError as problem:
            if invitation.must_be_there:
                raise _Refusal(
                    f"{self._host} has no folder {invitation.folder!r}, which --path names: {problem.strerror}"
                ) from None
        if found is None or is_there(found):
            return found.folder if found else os.getcwd()
        if not found.content:
            raise _Refusal(
                f"{self._host} does not have {found.main} as it is here, in {found.folder}, and it cannot be sent: "
                f"{found.excuse}. Put the program in a folder of its own, or where all hosts see it"
            )
        return self._unpack(found)

    def _unpack(self, found: Bundle) -> str:
        # Whoever removes it is there before it is: this process may be killed between any two steps.
        folder = os.path.join(tempfile.gettempdir(), f"scoop-{os.urandom(8).hex()}")
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_janitor(folder, ours)
        os.close(ours)
        self._janitor = pid, theirs
        os.mkdir(folder, 0o700)
        unpack(found, folder)
        return folder

    def _be_machine(self, guard: int, workers: int, home: str, become_machine: BecomeMachine) -> NoReturn:
        status = 1
        try:
            die_with_parent(guard)
            close_all_but()
            invitation = self._invitation
            assert invitation.terms is not None
            assert invitation.program is not None
            assert invitation.bundle is not None
            os.environ.update(invitation.environment)
            cap_threads(workers)
            os.nice(invitation.nice)
            scoop.logger.setLevel(invitation.level)
            logging.basicConfig(format="%(message)s")
            scoop.DEBUG = invitation.debug
            program = invitation.program
            if home != invitation.bundle.folder:
                program = relocate(program, invitation.bundle, home)
            program.prepare()
            sys.path.insert(0, home)
            become_machine(invitation.terms, workers, invitation.limits, program.import_in_worker)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException as error:
            sys.excepthook(*sys.exc_info())
            sys.stderr.write(f"scoop: {self._host} leaves the run: {in_words(error)}\n")
        finally:
            os._exit(status)

    def _guard(self, pid: int) -> int:
        """Wait until the machine or the lifeline ends; leave nothing of the machine behind; return its status."""
        handle = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(self._lifeline, select.POLLIN)
        while handle not in (ready := [descriptor for descriptor, _ in poll.poll(_BURY * 1000)]):
            if self._lifeline in ready and not os.read(self._lifeline, 1 << 16):
                break
            bury_orphans(pid)
        os.close(handle)
        self.machine = None
        os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        end_orphans(self._janitor[0] if self._janitor else None)
        return status & 0xFF

    def _clean(self) -> None:
        if self._janitor is not None:
            pid, pipe = self._janitor
            os.close(pipe)
            os.waitpid(pid, 0)


def _be_janitor(folder: str, pipe: int) -> NoReturn:
    """Remove the folder when the station has ended, however it has."""
    try:
        close_all_but(pipe)
        os.chdir("/")
        while os.read(pipe, 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


def _take_standard_input() -> int:
    """Keep standard input from all that runs here; return where it is now."""
    lifeline = os.dup(0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    return lifeline


def _receive(lifeline: int) -> Invitation:
    """Return the invitation. Raises EOFError or ValueError if none comes."""
    text, content = letters.lengths(_read(lifeline, letters.HEADER.size))
    return letters.decode(_read(lifeline, text), _read(lifeline, content))


def _read(descriptor: int, size: int) -> bytes:
    pieces = []
    while size:
        piece = os.read(descriptor, min(size, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _echo(lifeline: int, host: str) -> int:
    """Answer whatever comes, so that the way here can be timed."""
    while os.read(lifeline, 1 << 10):
        _tell(host, "pong")
    return 0


def _tell(host: str, kind: str, why: str = "", workers: int = 0) -> None:
    about = (socket.gethostname(), python_version(), scoop_version(), usable_cores(), workers)
    _write(1, mark(Answer(host, kind, why, *about)))


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], become_machine))
