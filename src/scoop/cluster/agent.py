"""``python -m scoop.cluster.agent``: the process that the launcher starts on every other host.

    launcher ──ssh, srun, ...──> agent ──fork──> the machine: uplink, broker, workers
                                   └────fork──> remover, if the program's files were written here

The agent reads an invitation from its standard input, checks that it can take part, answers in one marked line, and
forks a child that becomes a machine of the run. The agent itself only waits. Its standard input is the *run pipe*: it
stays open as long as the run. A word on it has the machine leave the run. When the run ends, or any process between
here and there dies, the run pipe ends. Then the agent kills all that it has started, and ends.
"""

import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from base64 import b64decode
from collections.abc import Callable
from typing import NoReturn

import scoop

from .. import log
from ..broker.orphans import adopt_orphans, kill_orphans, reap_orphans
from ..codes import with_code_of
from ..engine.process.limits import Limits
from ..errors import in_words
from ..machine.cores import cap_threads, usable_cores
from ..machine.fresh_interpreter import worker_preparation
from ..machine.processes import Machine, fork_broker, run_first_when_woken
from ..machine.program import Program
from ..machine.supervision import close_all_but, die_with_parent, handle_of
from ..tuning import TUNING
from .lines.transport import LEAVE_SIGNAL, Terms
from .planning.files import ProgramFiles, are_present, unpack
from .planning.hosts import HostsError
from .planning.invitation import (
    LEAVE,
    MARK,
    Answer,
    Invitation,
    disagreement,
    mark,
    python_version,
    read_invitation,
    scoop_version,
)
from .starting.machine_identity import this_machine

__all__ = ["REFUSED", "Agent", "BecomeMachine", "become_machine", "main"]

BecomeMachine = Callable[[Terms, int, Limits, Callable[[], None]], None]
"""Runs a machine until the run ends, given the terms, the number of workers, their limits, the program's import."""

Tell = Callable[[str, str, int], None]
"""Reports ``"joined"`` or ``"refused"``, the reason of a refusal, and the number of workers."""

REFUSED = 3  # the exit status of an agent that cannot do what the invitation asks
REJOINS = 75  # that of a machine which was lost, and has reached the run again

_FOR_THE_PROGRAM = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""What terminals and batch systems send to all processes of a job. The program's end is the agent's end."""

_STARTED_BY_HAND = (
    "scoop: this is scoop's agent, and it has received no invitation. scoop starts agents itself, on the hosts of a "
    "run, as in\n  python -m scoop --hosts node1 node2 script.py\n"
)


def main(arguments: list[str], become: BecomeMachine) -> int:
    """Be the agent of this host until the run, or the connection to it, ends; return the exit status.

    ``arguments`` are what the invitation calls this host; if empty, Slurm's name for it, or else its own.
    """
    run_pipe = os.dup(0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)  # for processes that run here
    for number in _FOR_THE_PROGRAM:
        signal.signal(number, signal.SIG_IGN)
    try:
        with open(run_pipe, "rb", closefd=False) as file:
            invitation = read_invitation(file)
    except ValueError:
        sys.stderr.write(_STARTED_BY_HAND)
        return 2
    host = arguments[0] if arguments else os.environ.get("SLURMD_NODENAME", socket.gethostname())
    if invitation.terms is None:  # `scoop hosts` asks what is here, and times round trips
        _tell(host, "hello")
        while os.read(run_pipe, 1 << 10):
            _tell(host, "pong")
        return 0

    name = os.urandom(8).hex()

    def tell(kind: str, why: str, workers: int) -> None:
        _tell(host, kind, why, workers, name)
        if kind == "joined":
            sys.stderr.buffer.write(MARK + b"\n")
            sys.stderr.flush()

    return Agent(host, invitation, run_pipe, tell, name).serve(become)


def _tell(host: str, kind: str, why: str = "", workers: int = 0, name: str = "") -> None:
    about = (socket.gethostname(), python_version(), scoop_version(), usable_cores(), workers, this_machine(), name)
    sys.stdout.buffer.write(mark(Answer(host, kind, why, *about)))
    sys.stdout.flush()


def become_machine(terms: Terms, workers: int, limits: Limits, import_main: Callable[[], None]) -> None:
    """Fork the broker of this machine, and be its uplink until the run ends."""
    import asyncio

    from .agent_link import serve_agent_link

    # The origin is on another machine, so all workers here run tasks.
    machine = Machine(workers, terms.size, limits._replace(spare=True), import_main, is_far=True)
    pid, _, sock = fork_broker(machine)
    run_first_when_woken()
    try:
        rejoins = asyncio.run(serve_agent_link(sock, terms, workers))
    finally:
        sock.close()
        os.waitpid(pid, 0)
    if rejoins:
        sys.exit(REJOINS)


_SECONDS_BETWEEN_LOOKS = 0.1  # at a machine of whose end the system does not tell


class Agent:
    """Starts a machine of a run on this host, and ends everything that belongs to it.

    Everything ends when nothing can be read from ``run_pipe``, a descriptor, any more. ``name`` is unlike that of any
    other agent of the run.
    """

    def __init__(self, host: str, invitation: Invitation, run_pipe: int, tell: Tell, name: str = "") -> None:
        self.machine: int | None = None  # the process that is a machine of the run, while it runs
        self._host = host
        self._invitation = invitation
        self._run_pipe = run_pipe
        self._tell = tell
        self._name = name
        self._remover: tuple[int, int] | None = None  # its pid, and the pipe whose end it waits for

    def serve(self, become: BecomeMachine) -> int:
        """Be the agent; when the machine and all its descendants have ended, return the exit status."""
        try:
            workers = self._check()
            home = self._settle()
        except (HostsError, OSError) as problem:
            reason = str(problem) if isinstance(problem, HostsError) else f"{self._host}: {problem}"
            self._tell("refused", reason, 0)
            return REFUSED
        # Answer before other processes can print: what is printed before the mark is taken for noise of the login.
        self._tell("joined", "", workers)
        adopt_orphans()  # so that kill_orphans finds what tasks have started
        while (status := self._have_machine(workers, home, become)) == REJOINS:
            sys.stderr.write(with_code_of(f"scoop: {self._host} was away for too long, and joins the run afresh\n"))
            sys.stderr.flush()
        if self._remover is not None:
            remover, pipe = self._remover
            os.close(pipe)
            os.waitpid(remover, 0)
        return status

    def _have_machine(self, workers: int, home: str, become: BecomeMachine) -> int:
        """Start a machine of the run; return its status when it has ended, and all its descendants have."""
        agent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._run_machine(agent, workers, home, become)
        self.machine = pid
        return self._guard(pid)

    def _check(self) -> int:
        invitation = self._invitation
        here = python_version(), scoop_version()
        problem = disagreement(self._host, here, (invitation.python, invitation.scoop), sys.executable)
        if not problem and self._host not in invitation.workers:
            problem = f"{self._host} is not among the hosts of the run ({', '.join(invitation.workers)})"
        if problem:
            raise HostsError(problem)
        return invitation.workers[self._host] or usable_cores()

    def _settle(self) -> str:
        """Go to the folder of the run; return the folder of the program's files."""
        invitation, files = self._invitation, self._invitation.files
        try:
            os.chdir(invitation.folder or ".")
        except OSError as problem:
            if invitation.must_be_there:
                raise HostsError(
                    f"{self._host} has no folder {invitation.folder!r}, which --path names: {problem.strerror}"
                ) from None
        if files is None or are_present(files):
            return files.folder if files else os.getcwd()
        if not files.content:
            raise HostsError(
                f"{self._host} does not have the same {files.main or 'files'} in {files.folder} as the program's "
                f"machine, and they cannot be sent: {files.excuse}. Put the program into a folder of its own, or on "
                "a disk that all hosts share"
            )
        return self._unpack(files)

    def _unpack(self, files: ProgramFiles) -> str:
        # The remover starts before the folder exists, since this process may be killed between any two steps.
        folder = os.path.join(tempfile.gettempdir(), f"scoop-{os.urandom(8).hex()}")
        theirs, ours = os.pipe()
        pid = os.fork()
        if pid == 0:
            _run_remover(folder, theirs)
        os.close(theirs)
        self._remover = pid, ours
        os.mkdir(folder, 0o700)
        unpack(files, folder)
        return folder

    def _run_machine(self, agent: int, workers: int, home: str, become: BecomeMachine) -> NoReturn:
        status = 1
        try:
            die_with_parent(agent)
            close_all_but()
            self._become_machine(workers, home, become)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException as error:
            sys.excepthook(*sys.exc_info())
            sys.stderr.write(with_code_of(f"scoop: {self._host} leaves the run: {in_words(error)}\n"))
        finally:
            os._exit(status)

    def _become_machine(self, workers: int, home: str, become: BecomeMachine) -> None:
        invitation = self._invitation
        program, files, terms = invitation.program, invitation.files, invitation.terms
        assert program is not None
        assert files is not None
        assert terms is not None
        os.environ.update(invitation.environment)
        cap_threads(workers)
        os.nice(invitation.nice)
        log.set_up(invitation.level)
        scoop.DEBUG = invitation.debug
        if home != files.folder and files.main:
            program = program._replace(name=os.path.join(home, files.main))
        program.prepare()
        sys.path.insert(0, home)
        prepare = _preparation(program, invitation.executor)
        become(terms._replace(agent=self._name, name=self._host), workers, invitation.limits, prepare)

    def _guard(self, pid: int) -> int:
        """Wait until the machine or the run pipe ends; kill what is left of the machine; return its status."""
        handle = handle_of(pid)
        poll = select.poll()
        poll.register(self._run_pipe, select.POLLIN)
        if handle is not None:
            poll.register(handle, select.POLLIN)
        seconds = TUNING.orphans_reaped_every_seconds if handle is not None else _SECONDS_BETWEEN_LOOKS
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            ready = [descriptor for descriptor, _ in poll.poll(seconds * 1000)]
            if self._run_pipe in ready:
                if not (told := os.read(self._run_pipe, 1 << 16)):
                    break
                if LEAVE in told:
                    os.kill(pid, LEAVE_SIGNAL)
            reap_orphans([pid])
        if handle is not None:
            os.close(handle)
        self.machine = None
        if ended[0]:
            status = os.waitstatus_to_exitcode(ended[1])
        else:  # the run has ended: no failure, of which srun would tell
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            status = 0
        kill_orphans([self._remover[0]] if self._remover else (), in_any_session=True)
        return status & 0xFF


def _preparation(program: Program, executor: str | None) -> Callable[[], None]:
    """Return what a worker does before it takes tasks: of a run of the command line, or of an executor."""
    return program.import_in_worker if executor is None else worker_preparation(program, b64decode(executor))


def _run_remover(folder: str, pipe: int) -> NoReturn:
    """Remove the folder when the agent has ended, in whatever way: then ``pipe`` ends."""
    try:
        close_all_but(pipe)
        os.chdir("/")
        while os.read(pipe, 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], become_machine))
