"""Every measured compromise, in one place: each with its unit in its name and its reason in one line.

`benchmarks/sweep_tuning.py` changes one of them at a time and measures what that does. For this, and for nothing
else, the option of Python `-X scoop_tuning=...` gives fields other values:

    python -X scoop_tuning=slice_seconds=0.1,most_pieces=4 -m scoop script.py

It is read once, when a process imports this module. Workers are forked from that process, and have the same values.
To other hosts it does not go.
"""

import sys
from typing import NamedTuple

__all__ = ["TUNING", "Tuning", "tuned"]


class Tuning(NamedTuple):
    """The numbers that the policies of workers, maps, brokers and hosts use."""

    # -- delivery ---------------------------------------------------------------------------------------------
    deliver_after_seconds: float = 0.04
    """The longest that a finished result waits for others to travel with: half of what a person notices."""
    deliver_to_waiting_after_seconds: float = 0.002
    """The same while some worker is idle, since that may be the one that waits for the result."""
    short_row_seconds: float = 0.002
    """The program's own thread runs only tasks known to be shorter: a longer one would keep it from what arrives."""

    # -- graphs -------------------------------------------------------------------------------------------------
    most_looked_into: int = 20_000
    """Elements of an argument that are looked at for futures: it takes a millisecond. Of more, only the first is."""

    # -- maps ---------------------------------------------------------------------------------------------------
    first_slice_seconds: float = 0.0001
    """How long the first slice of a map is to last: a worker that is about to be idle should not wait for long."""
    slice_seconds: float = 0.04
    """How long a slice is to last: some 200 times what it costs to begin one with cold caches."""
    slice_growth: int = 4
    """How many times longer a slice may be than the one before it: what few rows took is a rough measure."""
    most_slice_rows: int = 1 << 15
    """Rows in a slice at most; with more of them, the price of beginning a slice cannot be measured any more."""
    unknown_rows_stay_seconds: float = 0.002
    """How long nothing is given of a map of which nothing is known: most often its first row has ended by then."""
    long_row_seconds: float = 0.005
    """Rows of at least this length are given from the front: the consumer waits there, and a journey costs less."""
    long_piece_seconds: float = 0.1
    """Work in a piece of long rows: some 100 times its journey, and short enough to follow the consumer."""
    long_rows_ahead_seconds: float = 0.2
    """Work given at once to each worker that waits, so that it need not stand still until the next piece comes."""
    most_pieces_ahead: int = 4
    """Pieces given at once at most, however short they are: more would wait behind each other."""
    piece_seconds: float = 0.8
    """Work in a piece of short rows, times the number of workers: several of them may be idle at once."""
    least_piece_seconds: float = 0.005
    """Work in a piece at least: its end may cost a millisecond, as three processes want a processor then."""
    most_pieces: int = 8
    """Pieces in one go: each costs a task's journey, and what is left can be given later."""
    heavy_bytes: int = 1 << 20
    """Rows that carry more are pieces of their own, however short: so the next is packed while one runs."""
    most_calls_in_piece: int = 1024
    """Calls of an executor in a piece at most: to unpack so many results takes the program some milliseconds."""
    most_heavy_pieces: int = 64
    """Pieces in one go of heavy rows: to pack more at once would keep the workers waiting that want them."""
    worth_giving_seconds: float = 0.0005
    """Work that must be left before any is given away: a journey takes about half as long."""
    least_row_seconds: float = 4e-7
    """Rows that are shorter stay: to pickle a row, and to unpickle its result, takes this process as long."""
    journey_seconds: float = 0.0005
    """How much longer a piece takes elsewhere: the journey, most of which other processes make."""
    pack_row_seconds: float = 4e-8
    """How much longer each row takes elsewhere: a small result is pickled, passed on and unpickled."""
    overdue_seconds: float = 0.008
    """Once a slice has run for longer, the rows behind it may be given away, however few they are."""
    read_ahead: int = 64
    """Inputs read ahead for each worker, of an iterator without a length, until it is known what calls take."""
    read_ahead_seconds: float = 0.02
    """How long what is read ahead should keep all workers busy: if it does not, more is read."""
    most_read_ahead: int = 1 << 16
    """Inputs read ahead at most, however short calls are: so memory stays bounded."""

    # -- one worker -----------------------------------------------------------------------------------------------
    stack_parts: int = 5
    """A task runs on its waiter's stack while that is no deeper than this fraction (1/5) of the recursion limit."""
    batch_tasks: int = 1024
    """A batch is full at so many tasks: so packing never keeps the program waiting for long."""
    batch_bytes: int = 1 << 20
    """A batch is full at so many bytes, for the same reason."""
    give_ahead_bytes: int = 32 << 20
    """Large tasks given at a time, in several batches: so the first can run while the next are packed."""
    tiny_task_seconds: float = 2e-5
    """Tasks that are known to take less cost more to send than to run: they are not given away at their spawn."""
    tiny_tasks_stay_seconds: float = 0.01
    """How long they stay while the process neither makes nor runs any: then its program does something else."""
    most_coroutines: int = 100
    """Coroutines of tasks that run at a time in a worker: with more, most of its time goes into them, not waiting."""
    far_journey_seconds: float = 0.02
    """Work that must last longer to leave the machine: a journey takes some milliseconds each way."""
    far_trip_growth: float = 1.1
    """How much longer than the last a round trip between machines may seem: the answer may have waited for work."""
    far_trip_at_most_seconds: float = 0.3
    """The longest round trip for which tasks come ahead: once around the earth."""
    far_rate_seconds: float = 0.05
    """For how long tasks from other machines are counted, to know how fast they come: some ten round trips."""
    shortest_tick_seconds: float = 0.002
    """Between two looks of the I/O thread at what a busy worker has, at first: each costs that some 50 us."""
    longest_tick_seconds: float = 0.05
    """Between two looks at most: they are doubled while nothing happens."""
    gil_wait_seconds: float = 0.001
    """How long a thread waits for another one that computes to let it run; Python's own limit is five times that."""
    poll_patience_seconds: float = 0.2
    """How long tasks that are polled for are left to other workers, counted from when one last took any."""
    poll_lasts_seconds: float = 0.1
    """A thread that has not polled for this long counts as computing again."""
    stuck_after_seconds: float = 0.5
    """Helper threads that have neither begun nor ended a task for so long may wait for what no thread has begun."""
    computing_stuck_after_seconds: float = 5.0
    """The same, if the process has computed most of that time: then it most likely does not wait."""
    program_look_seconds: float = 0.1
    """Between two looks whether the program waits outside of SCOOP: each takes some 20 us."""
    waiting_program_parts: int = 10
    """A program waits if it uses less than this part of a processor: one that sleeps and polls does, too."""
    program_patience_seconds: float = 0.15
    """How long it has to wait so before a helper thread runs its tasks: most waits outside of SCOOP are shorter."""
    hosts_patience_seconds: float = 3.0
    """The same where no other machine has joined yet: those run tasks on their main threads."""
    standstill_look_seconds: float = 1.0
    """Between two looks whether a task stands still and holds up another."""
    standstill_seconds: float = 10.0
    """After so long without any progress the program is told: a task that merely sleeps may be meant to."""
    most_discarded: int = 1000
    """Objects of the program's that may wait to be dropped; with more, a helper thread drops them at once."""
    io_threads_end_seconds: float = 1.0
    """How long the end of a run waits for a service thread that is in the midst of the program's code."""

    # -- signals ----------------------------------------------------------------------------------------------------
    signal_look_after_seconds: float = 0.002
    """A signal that is put off is looked at again after so long: most of SCOOP's own steps are far shorter."""
    signal_looks_at_one_place: int = 40
    """After so many looks at the same instruction, it is taken for C code of the program's that is stuck."""
    signal_looks_at_most: int = 400
    """Looks for which a signal is put off while an indivisible function is under way."""

    # -- the broker -------------------------------------------------------------------------------------------
    workers_asked_first: int = 8
    """Workers that the broker asks first: to ask thousands would cost a message to all for each idle one."""
    ask_more_after_seconds: float = 0.0005
    """If those workers have not given by then, the broker asks as many again."""
    tell_demand_after_seconds: float = 0.001
    """How long after an event a machine tells the others what it needs: most needs are over by then."""
    ask_more_hosts_after_seconds: float = 0.005
    """If the machines that gave last have given none by then, others hear as well that tasks are wanted."""
    hosts_asked_at_once: int = 32
    """So many others at a time: a message to each of a thousand would keep the coordinator busy for 0.1 s."""
    receive_bytes: int = 1 << 18
    """Bytes received at a time: about what a socket holds, so that a message seldom comes in two parts."""

    unwanted_look_seconds: float = 0.005
    """Between two looks at a task that is to end by force: it may be about to begin, or to be dropped."""
    memory_look_seconds: float = 0.1
    """Between two looks at the memory of a worker whose task may have only so much: each takes some 20 us."""

    # -- the hosts of a run -----------------------------------------------------------------------------------
    logins_at_once: int = 32
    """Commands that start agents at the same time: gateways take no more logins than about that many."""
    login_tries: int = 4
    """How often a login is tried if the sshd turns it away, as a gateway does with too many logins at once."""
    login_pause_seconds: float = 1.0
    """The longest pause before the next try; its length is random, so that the tries do not meet again."""
    silence_seconds: float = 30.0
    """Silence after which a line is given up (``--silence``): cables and switches are back sooner, most often."""
    sign_of_life_seconds: float = 2.0
    """Between two signs of life, if nothing else is sent."""
    kept_bytes_at_most: int = 1 << 24
    """Sent to a host, and not acknowledged: kept for a new line. As much as a fast line far away holds."""
    hung_up_seconds: float = 5.0
    """How long a host that has hung up may take to be back: its process has most likely ended, and will not."""
    goodbye_seconds: float = 1.0
    """How long a goodbye may take to leave this machine, before the line is closed without it."""
    join_seconds: float = 30.0
    """How long a machine that joins waits at least for the run to answer; with a longer ``--silence``, so long."""
    dial_seconds: float = 5.0
    """How long one attempt at a new line may take: after that the network is asked anew, not when it tries again."""
    dial_pause_seconds: float = 0.5
    """Between two attempts."""
    refusals_at_most: int = 3
    """After so many attempts in a row that are refused, the run has ended: nothing listens for it any more."""
    dial_at_most_seconds: float = 600.0
    """How long a host that is lost tries to join the run afresh."""
    spread_bytes: int = 4 << 20
    """Size from which on a constant goes to hosts in parts, which they pass on: a small one is there at once."""
    spread_part_bytes: int = 1 << 20
    """Bytes in a part: each host in the chain passes it on when it has all of it, and other messages pass between."""
    spread_parts_ahead: int = 4
    """Parts that a host asks for before the first has come: more than is under way on most lines."""
    spread_begin_at_once: int = 8
    """Hosts to which the coordinator sends their first part at a time: those that have it first go on first."""
    spread_patience_seconds: float = 5.0
    """After so long without a part, who holds up others goes to the end of the chain."""
    spread_look_seconds: float = 1.0
    """Between two looks whether a host holds up others."""
    spread_reach_seconds: float = 2.0
    """How long a host tries one address of another one; in most networks there is an answer in some ms."""
    spread_refusals_at_most: int = 2
    """A host that has not reached more hosts than that gets all from the coordinator."""
    spread_moves_at_most: int = 8
    """So often a host gets another source; after that, the coordinator is its source to the end."""
    host_restarts: int = 1
    """How often the agent of a host is started again (``--host-restarts``): what kills it twice kills it for ever."""
    ssh_silence_seconds: int = 15
    """Silence after which ssh asks the host for a sign of life; after three unanswered requests it gives up."""
    absence_look_seconds: float = 1.0
    """Between two looks whether a host's command has ended, or its machine is away: most often both are told."""
    restart_pause_seconds: float = 2.0
    """Between two attempts to start the agent of a host again that cannot be reached."""
    cluster_answers_within_seconds: float = 5.0
    """When a run says that the cluster of another system has not answered yet: one that is up mostly has by then."""
    nodes_seen_every_seconds: float = 1.0
    """Between two looks at which nodes a cluster has that another system runs: it takes one call of that system."""
    agents_end_within_seconds: float = 5.0
    """How long agents may take to end after the run; a killed command ends them too, but they cannot clean up."""
    streams_outlive_command_seconds: float = 1.0
    """How long we read a command's output after its end: a child that it left behind may hold the streams open."""
    standing_look_seconds: float = 5.0
    """Between two looks whether a worker was stopped: each takes some 20 us for each worker that is not idle."""
    orphans_reaped_every_seconds: float = 5.0
    """How often processes that tasks left behind are reaped; zombies are few and cost only a process number."""
    origin_ends_within_seconds: float = 1.0
    """How long the origin may take to notice that the broker has died, before the watchdog kills it."""
    interrupt_ends_run_within_seconds: float = 0.2
    """How long a worker pauses at Ctrl-C: most programs have ended by then, if they do not handle it."""
    exit_handlers_begin_within_seconds: float = 0.2
    """How long a task may keep its worker from ending with the run; by then it is known to be in compiled code."""
    exit_handlers_end_within_seconds: float = 3.0
    """How long the exit handlers of a worker may take: less than an agent has for all of its end."""
    progress_draw_seconds: float = 0.15
    """Between two drawings of progress on a terminal: it moves smoothly, and each takes about a millisecond."""
    progress_report_seconds: float = 0.25
    """Between two reports of a worker on the loops of its tasks, and on how much it has done."""
    progress_line_seconds: float = 30.0
    """Between two lines of progress where they stay, as in a log file."""
    handlers_take_at_most_seconds: float = 5.0
    """How long the end of a run waits for a handler of the program's to take one record of a worker's, or warning."""
    threads_end_within_seconds: float = 1.0
    """How long helper threads may take to end with the run; a thread deep inside a task never does."""
    run_answers_within_seconds: float = 10.0
    """How long `scoop worker` waits for the run to accept its connection; a firewall often just stays silent."""
    others_fail_within_seconds: float = 1.0
    """When too few hosts can take part, how long others may take to fail as well: so they are named together."""
    most_unknown_connections: int = 256
    """Connections at a time that have not said who they are: each holds a descriptor and some memory."""
    strangers_may_take_seconds: float = 10.0
    """How long a connection may take to prove that it belongs to the run: a slow line needs a second or two."""
    strangers_told_every_seconds: float = 60.0
    """How often, at most, a warning is repeated that strangers can cause."""
    output_chunk_bytes: int = 1 << 16
    """The longest line of a host's output that is passed on whole: the size of a pipe."""
    error_lines_kept: int = 10
    """Last lines of a command's standard error that an error message shows: an error seldom takes more."""
    command_characters_shown: int = 300
    """Characters of the command that an error message shows: enough for ssh and all its options."""
    round_trips: int = 3
    """Round trips that `scoop hosts` times to each host: the best of several leaves out chance delays."""
    program_bytes: int = 16 << 20
    """Size up to which the program's own files are sent to hosts: sources are small, larger folders are data."""
    program_files: int = 2000
    """Number up to which the program's own files are sent: a folder with more was not meant to be sent."""


def tuned(text: str) -> Tuning:
    """Return the fields as they are, but for those that ``text`` gives other values: ``name=value,name=value``.

    >>> tuned("slice_seconds=0.1").slice_seconds
    0.1
    """
    types = {name: type(usual) for name, usual in Tuning()._asdict().items()}
    values = {}
    for word in filter(None, text.split(",")):
        name, _, value = word.partition("=")
        try:
            values[name] = types[name](value)
        except KeyError:
            raise ValueError(f"-X scoop_tuning: {name!r} is no field of scoop.tuning.Tuning") from None
        except ValueError:
            raise ValueError(f"-X scoop_tuning: {name} is of type {types[name].__name__}, not {value!r}") from None
    return Tuning(**values)


TUNING = tuned(str(getattr(sys, "_xoptions", {}).get("scoop_tuning", "")))
