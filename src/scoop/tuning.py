"""Every measured compromise, in one place: each with its unit in its name and its reason in one line.

`benchmarks/sweep_tuning.py` changes one of them at a time and measures what that does.
"""

from dataclasses import dataclass

__all__ = ["TUNING", "Tuning"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """The numbers that the policies of workers, maps and the broker use."""

    # -- delivery ---------------------------------------------------------------------------------------------

    deliver_after_seconds: float = 0.04
    """A finished result waits no longer than this for others to travel with; a person notices twice as much."""

    # -- the broker -------------------------------------------------------------------------------------------

    workers_asked_first: int = 8
    """Workers that the broker asks for work at once; asking all of thousands costs each idle one a message to all."""

    ask_more_after_seconds: float = 0.0005
    """If those workers have not given by then, the broker asks as many again."""

    # -- the hosts of a run -----------------------------------------------------------------------------------

    logins_at_once: int = 32
    """Commands that start agents at the same time: gateways take no more logins than about that many."""

    login_tries: int = 4
    """How often a login is tried if the sshd turns it away, as a gateway does with too many logins at once."""

    login_pause_seconds: float = 1.0
    """The longest pause before the next try; its length is random, so that the tries do not meet again."""

    ssh_silence_seconds: int = 15
    """Silence after which ssh asks the host for a sign of life; after three unanswered requests it gives up."""

    agents_end_within_seconds: float = 5.0
    """How long agents may take to end after the run; a killed command ends them too, but they cannot clean up."""

    streams_outlive_command_seconds: float = 1.0
    """How long we read a command's output after its end: a child that it left behind may hold the streams open."""

    orphans_reaped_every_seconds: float = 5.0
    """How often an agent reaps processes that tasks left behind; zombies are few and cost only a process number."""

    origin_ends_within_seconds: float = 1.0
    """How long the origin may take to notice that the broker has died, before the watchdog kills it."""

    threads_end_within_seconds: float = 1.0
    """How long helper threads may take to end with the run; a thread deep inside a task never does."""

    run_answers_within_seconds: float = 10.0
    """How long `scoop worker` waits for the run to accept its connection; a firewall often just stays silent."""

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


TUNING = Tuning()
