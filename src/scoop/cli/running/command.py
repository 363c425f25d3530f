"""``python -m scoop script.py``: run the program as the options say, and end with its status."""

import argparse
import atexit
import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import scoop

from ... import log
from ...broker.orphans import reap_orphans
from ...codes import REFUSAL, with_code, with_code_of
from ...engine import runtime
from ...engine.offers.host_table import HostTable, table_of
from ...engine.process.broker_client import BrokerClient
from ...engine.process.limits import Identity, Limits
from ...engine.process.notices import finish_notices
from ...engine.process.signal_guard import await_put_off_signals, end_at_next_interrupt, guard_signals
from ...engine.process.stacks_signal import tell_stacks_when_asked
from ...engine.process.tracebacks import without_our_frames
from ...engine.process.unasked import report_failures
from ...engine.scheduler import Scheduler
from ...engine.stealing.recycling import flush_streams
from ...engine.tasks.places import new_root, set_root
from ...engine.threads.frame_room import with_room_for_frames
from ...errors import HostsMissing, ScoopError, UnguardedMainError, nearest, why_not_started
from ...machine.cores import cap_threads, usable_cores
from ...machine.initializer import call_by_name
from ...machine.processes import Machine, fork_broker, name_process
from ...machine.program import CannotStart, Program, find_tool
from ...machine.unseen_child import await_unseen
from ...machine.worker_process import become_worker
from ...trace.recording import Recording
from ...tuning import TUNING
from .free_threading import word_on_gil
from .instruments import finish_instruments, instruments_of, start_instruments
from .story import tell_begin, tell_end
from .tracing import begin_record, recording_of
from .wait_notice import telling_of_wait

if TYPE_CHECKING:
    from ...cluster.planning.plan import Placement

__all__ = ["main"]

_interrupted = False
_status = 0


def main(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Run the program that the command line names; return the exit status."""
    global _status
    try:
        _status = _main(parser, options)
    except SystemExit as end:
        _status = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise
    return _status


def _main(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    bounds = options.retries, options.max_tasks_per_worker, options.worker_memory_limit, options.spare_origin
    key, resources = os.urandom(32).hex(), dict(options.resources)
    try:
        _set_up(options)
        measured = instruments_of(options)
        limits = Limits(*bounds, key, options.initializer or "", resources, instruments=measured)
        program = _program(parser, options)
        recording = recording_of(options)
        limits = limits._replace(trace=recording.settings)
        placement = _place(options)
        if options.dry_run:
            return _describe(placement, options, program, limits)
        machine = _machine(placement, options, program, limits)
        cap_threads(machine.workers)
        run = _initialized(program.prepare(), machine.limits)
        scoop.DEBUG = options.debug
        if options.seed is not None or options.seed_globals:
            set_root(new_root(options.seed, options.seed_globals))
        _start(machine, program)
        begin_record(recording, cast(Scheduler, runtime.current))
    except (CannotStart, OSError) as problem:
        return _refuse(problem)
    try:
        return _run(program, run, recording)
    finally:
        recording.program_ends()


def _initialized(run: Callable[[], None], limits: Limits) -> Callable[[], None]:
    """Return what runs the program, such that this process calls the initializer first, if it may run tasks."""

    def run_initialized() -> None:
        call_by_name(limits.initializer)
        run()

    return run_initialized if limits.initializer and not limits.spare else run


def _refuse(problem: Exception) -> int:
    print(with_code(f"scoop: {problem}", REFUSAL), file=sys.stderr)
    return 2


# -- before the program starts -----------------------------------------------------------------------------------


def _set_up(options: argparse.Namespace) -> None:
    told = options.verbose or options.debug
    level = logging.ERROR if options.quiet else logging.INFO if told else logging.WARNING
    try:
        log.set_up(level, options.log, options.log_json)
    except OSError as problem:
        raise CannotStart(f"the log {problem.filename} cannot be written: {problem.strerror}") from None
    if word := word_on_gil():
        log.own.warning("scoop: %s", word)
    if options.path is not None:
        try:
            os.chdir(options.path)
        except OSError as problem:
            raise CannotStart(f"cannot run in the folder {options.path!r}: {problem.strerror}") from None
        if not sys.flags.safe_path:
            sys.path[0] = os.getcwd()
    if options.nice is not None:
        _be_nice(options.nice)


def _be_nice(level: int) -> None:
    try:
        os.nice(level)
    except PermissionError:
        raise CannotStart(f"--nice {level}: only root may lower the niceness; give 0 to 19") from None


def _program(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Program:
    for kind, words in (("module", options.module), ("code", options.code)):
        if words is not None:
            if not words:
                parser.error(f"-{kind[0]} needs {'code' if kind == 'code' else 'a module'}")
            return Program(kind, words[0], tuple(words[1:]))
    words = options.program[1:] if options.program[:1] == ["--"] else options.program
    if words and words[0] != "-":
        try:
            folder = os.getcwd()
        except OSError:
            folder = ""  # it has been deleted; a script with an absolute path runs all the same
        path = find_tool(words[0]) or words[0]
        if not os.path.lexists(path):
            profile = "; the name of a profile ends in .prof or .pstats" if options.profile == "" else ""
            meant = profile or _did_you_mean(path)
            raise CannotStart(f"can't open file {path!r}: {os.strerror(errno.ENOENT)}{meant}")
        return Program("script", path, tuple(words[1:]), folder)
    if not words and sys.stdin is not None and sys.stdin.isatty():
        return Program("session", "")
    code = sys.stdin.read() if sys.stdin is not None else ""
    if not words and not code.strip():
        parser.error("no program: name a script, or start from a terminal for a session")
    return Program("input", code, tuple(words))


def _did_you_mean(name: str) -> str:
    """Return the end of a message about a word that is no program: the command or the script that is most like it."""
    from ..parsing.command_options import COMMAND_PARSERS

    folder = os.path.dirname(name)
    try:
        scripts = [os.path.join(folder, each) for each in os.listdir(folder or ".") if each.endswith(".py")]
    except OSError:
        scripts = []
    commands = {"help": "--help", "version": "--version"} | {each: each for each in COMMAND_PARSERS}
    command = commands.get(nearest(name, commands))
    meant = f"scoop {command}" if command else nearest(name, scripts) or nearest(f"{name}.py", scripts)
    return f"; did you mean {meant}?" if meant else ""


def _place(options: argparse.Namespace) -> "Placement | None":
    """Return where the workers are to be; None on this machine alone, so that such a run imports no cluster code."""
    names_hosts = options.hosts or options.hostfile or options.connect or options.invite or options.min_hosts
    variables_of_jobs = {"SLURM_JOB_ID", "PE_HOSTFILE", "SGE_TASK_ID", "PBS_JOBID", "LSB_JOBID"}
    if not (names_hosts or options.dry_run or not variables_of_jobs.isdisjoint(os.environ)):
        return None
    from .plan import find_placement

    return find_placement(options, os.environ)


def _machine(placement: "Placement | None", options: argparse.Namespace, program: Program, limits: Limits) -> Machine:
    workers = placement.here if placement else options.n or usable_cores()
    if placement is None or not (placement.away or options.connect or options.invite):
        return Machine(workers, workers, limits, program.import_in_worker)
    from ...cluster.coordinator import new_uplink
    from .plan import new_plan

    size = (workers or options.n or 1) if options.connect else workers + sum(h.workers or 1 for h in placement.away)
    plan = new_plan(placement, options, program, limits)
    uplink = new_uplink(plan, size, options.external_hostname)
    limits = limits._replace(spare=limits.spare or not workers)
    return Machine(workers, size, limits, program.import_in_worker, uplink, needs_hosts=plan.least > 0)


def _describe(placement: "Placement | None", options: argparse.Namespace, program: Program, limits: Limits) -> int:
    from ...cluster.planning.plan import describe
    from .plan import new_plan

    assert placement is not None
    print(describe(placement, new_plan(placement, options, program, limits) if placement.away else None))
    return 0


def _start(machine: Machine, program: Program) -> None:
    """Fork the broker, make this process the origin, and have the run end with this process."""
    tell_begin(program, machine.workers)
    try:
        broker, page, sock = fork_broker(machine)
        name_process(0, machine.size, broker, is_origin=True)
        identity = Identity(0, 0, machine.size, is_origin=True)
        hosts = HostTable(machine.workers, machine.serve_uplink is not None, machine.needs_hosts)
        scheduler, client = become_worker(identity, page, sock, _end_without_broker, machine.limits, hosts)
        runtime.current = scheduler
        hosts.begin_to_set_size()
        # Registered before any exit handler of the program's, so it runs last: the program's threads and exit
        # handlers may still use futures.
        atexit.register(_end, os.getpid(), broker, scheduler, client)
        guard_signals(is_origin=True, patient=program.kind == "session")
        start_instruments(scheduler, identity, page)
        tell_stacks_when_asked(client.send)
    except (OSError, RuntimeError) as problem:  # python raises RuntimeError if it can start no more threads
        reason = why_not_started(problem) if isinstance(problem, OSError) else problem
        raise CannotStart(f"the run's processes and threads cannot be started: {reason}") from None


def _end_without_broker(cut_off: bool) -> None:
    """End the program: no result that it waits for could arrive any more."""
    sys.stderr.write(with_code_of(_CUT_OFF if cut_off else _BROKER_DIED))
    sys.stderr.flush()
    os._exit(70)


_BROKER_DIED = (
    "scoop: the broker has died, so this run cannot go on, and the program is ended. The broker runs no code of "
    "yours: if no line above says why, most often the system has killed it for want of memory (see dmesg), which "
    "fewer workers (-n) may spare\n"
)
_CUT_OFF = (
    "scoop: this program has closed descriptors that it did not open (os.closerange?), among them its connection to "
    "the workers, so it is ended; close only descriptors that the program has opened\n"
)


# -- the program -------------------------------------------------------------------------------------------------


@with_room_for_frames
def _run(program: Program, run: Callable[[], None], recording: Recording) -> int:
    """Run the program, and its tasks to their end; return the exit status."""
    try:
        run()
        await_put_off_signals()
        tell_end("has ended")
    except CannotStart as problem:
        return _refuse(problem)
    except SystemExit as end:
        tell_end(f"has ended with sys.exit({end.code!r})")
        if end.code not in (None, 0):
            _await_threads()
            raise
    except BaseException as error:
        tell_end(f"has failed with {type(error).__name__}")
        status = _report(error)
        _await_threads()
        return status
    try:
        _drain(program, recording)
        if _await_threads():
            _drain(program, recording)
    except BaseException as error:
        return _report(error)
    return 0


def _await_threads() -> bool:
    """Wait for the program's threads while helper threads can still start for them; return if there were any."""
    if all(t.daemon or t is threading.current_thread() for t in threading.enumerate()):
        return False
    # Python calls this at its end: it tells thread pools to end, and counts the main thread as ended.
    threading._shutdown()  # type: ignore[attr-defined]
    return True


def _drain(program: Program, recording: Recording) -> None:
    """Finish tasks that were submitted and never waited for, as PEP 3148 demands."""
    scheduler = cast(Scheduler | None, runtime.current)
    if scheduler is None:
        return
    if scheduler.refusal is None and not runtime.ends_with_program:
        # If the script has no guard, each worker runs it instead of importing it. That is an error, and the origin
        # waits until a worker reports it, even if the origin's own tasks have ended. So too for missing hosts.
        with telling_of_wait(program.kind == "session"):
            scheduler.drain(not program.seems_guarded() or table_of(scheduler).awaits_others)
        finish_instruments(scheduler, recording)
    refusal = scheduler.refusal
    if isinstance(refusal, UnguardedMainError):
        raise refusal
    if isinstance(refusal, HostsMissing) and table_of(scheduler).awaits_others and refusal.__traceback__ is None:
        raise refusal  # for the first time: the program has not heard of it


def _report(error: BaseException) -> int:
    """Show an uncaught exception as python would, and return the status python would."""
    if not scoop.DEBUG:
        without_our_frames(error)
    global _interrupted
    _interrupted = isinstance(error, KeyboardInterrupt)
    if _interrupted:
        end_at_next_interrupt()
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except BaseException as problem:
        if problem.__context__ is error:
            problem.__context__ = None  # python shows the two errors apart, not as one that led to the other
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(problem), without_our_frames(problem), problem.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)
    return 1


def _end(origin: int, broker: int, scheduler: Scheduler, client: BrokerClient) -> None:
    """End the run, and the process itself if python could not end it properly."""
    is_child = os.getpid() != origin  # that the program has forked: the run is its parent's
    try:
        if not is_child and not _interrupted:
            report_failures()
    finally:
        all_ended = is_child or _end_run(broker, scheduler, client)
    if _interrupted:
        # Python ends by the signal itself after a Ctrl-C, so that a shell that runs us in a loop stops too.
        flush_streams()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    if not all_ended:
        # A thread that is deep inside a task, on a greenlet's stack, can crash while the interpreter shuts down.
        flush_streams()
        os._exit(_status)


def _end_run(broker: int, scheduler: Scheduler, client: BrokerClient) -> bool:
    """Return whether all our threads have ended: one that is deep inside a task cannot."""
    scheduler.close()
    # A helper thread may be in the midst of a task, and finalizers run later still.
    runtime.refusal = ScoopError("this run has ended: no task can start any more")
    runtime.current = None
    client.close()
    all_handled = finish_notices()
    await_unseen(broker)
    reap_orphans(())  # processes of tasks that Ctrl-C has ended; in a container no other process may reap them
    scoop.IS_RUNNING = False
    return scheduler.helpers.leave(TUNING.threads_end_within_seconds) and all_handled
