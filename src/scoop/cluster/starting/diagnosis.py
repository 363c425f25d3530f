"""Why a host does not take part: found in the last lines that its launcher printed; pure."""

import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from ...tuning import TUNING

__all__ = ["Diagnosis", "Failure", "diagnose", "diagnose_loss", "is_turned_away"]


class Diagnosis(NamedTuple):
    """What most likely went wrong, and what to do about it."""

    cause: str
    remedy: str


class Failure(NamedTuple):
    """A host that does not take part, or has left."""

    host: str
    words: list[str]  # the command that was to start its agent
    status: int | None  # with which that ended; None if it was killed because it took too long
    said: tuple[str, ...]  # the last lines of its standard error
    diagnosis: Diagnosis

    def __str__(self) -> str:
        command, most = shlex.join(self.words), TUNING.command_characters_shown
        command = command if len(command) < most else command[: most - 3] + "..."
        how = "given up" if self.status is None else f"status {self.status}"
        said = "".join(f"\n    {line}" for line in self.said)
        remedy = f"; {self.diagnosis.remedy}" if self.diagnosis.remedy else ""
        return f"{self.host}: {self.diagnosis.cause}{remedy}\n    {command}  ({how}){said}"


_TURNED_AWAY = r"(kex|ssh)_exchange_identification|Connection (closed|reset) by"

_SIGNS: tuple[tuple[str, str, str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one that ssh knows",
        "find out why; if the host was set up anew, remove the old key (`ssh-keygen -R {host}`), log in once by hand",
    ),
    (
        r"Host key verification failed|No \S+ host key is known",
        "ssh does not know its host key",
        "log in once by hand (`ssh {host}`) and confirm the key",
    ),
    (
        r"Permission denied \(|Too many authentication failures|No supported authentication methods",
        "it does not let us in without a password, and ssh cannot ask for one in a run",
        "set up a key without a passphrase, or an ssh-agent: then `ssh -o BatchMode=yes {host} true` must work",
    ),
    (
        r"Could not resolve hostname|Name or service not known|Temporary failure in name resolution",
        "there is no such host",
        "see how it is spelled; a name that only ssh is to know belongs in ~/.ssh/config",
    ),
    (r"Connection refused", "nothing listens there for ssh", "start its sshd, or name its port (user@host:port)"),
    (
        r"Connection timed out|Operation timed out|No route to host|Network is unreachable|Timeout, server",
        "it does not answer",
        "see whether it is up, and whether a firewall is between here and there",
    ),
    (
        r"remote port forwarding failed",
        "its sshd forbids forwarded ports, or another program there has the port",
        "set AllowTcpForwarding there, or leave out --tunnel",
    ),
    (
        _TURNED_AWAY,
        "its sshd hung up, most often because of too many logins at once (MaxStartups)",
        "try again, or raise MaxStartups there, or on the gateway",
    ),
    (
        r"scoop: the prolog .* ended with status",
        "its prolog ended with a status other than 0, which is that of the prolog's last command",
        "see what that command says; if it does no harm, let the prolog end with `true`",
    ),
    (
        r"No module named '?scoop|Error while finding module specification for 'scoop",
        "its Python has no SCOOP",
        "install it there, name another interpreter with --python-interpreter, or SCOOP's folder with --pythonpath",
    ),
    (
        r"No module named|ModuleNotFoundError|ImportError",
        "its Python lacks something that SCOOP needs",
        "install SCOOP there with all it depends on, or name another interpreter with --python-interpreter",
    ),
    (
        r"[Uu]nknown option:? -P",
        "its Python is older than 3.11",
        "name another interpreter with --python-interpreter",
    ),
    (
        r"account is (currently )?not available|This account",
        "the account there may not run commands",
        "name another user (user@host)",
    ),
    (
        r"Requested node configuration is not available|Unable to create step|step creation|Invalid node name",
        "Slurm has not allotted it to this job",
        "leave out --hosts to use the hosts of the job, or name only those",
    ),
    (
        r"not a slave|can't find execution host|not allowed|no free queue|unable to contact|not permitted",
        "the batch system does not let this job start processes there",
        "in Grid Engine the parallel environment needs `control_slaves TRUE`; elsewhere use --launcher ssh",
    ),
    (
        r"Illegal variable name|Unmatched|Ambiguous",
        "the login shell there fails in its startup file",
        "log in there by hand, and see what the shell reports",
    ),
)

_NO_PYTHON = re.compile(r"(No such file or directory|not found|[Pp]ermission denied|cannot execute)")


def diagnose(host: str, python: str, status: int | None, said: Sequence[str]) -> Diagnosis:
    """Return what most likely went wrong with a host that was to start ``python``; see Failure."""
    text = "\n".join(said)
    for sign, cause, remedy in _SIGNS:
        if re.search(sign, text):
            return Diagnosis(cause, remedy.format(host=host))
    if status in (126, 127) or (_NO_PYTHON.search(text) and python in text):
        return Diagnosis(f"it has no {python}", "name the interpreter there with --python-interpreter")
    if status is None:
        return Diagnosis(
            "it did not answer in time, though it may have been reached",
            f"see what `ssh {host} true` does; a slow host may need a longer --host-timeout",
        )
    if status == 0:
        return Diagnosis(
            "the login there ended without running the command",
            "see whether the account has a forced command, or its shell's startup file calls `exit`",
        )
    return Diagnosis("the launcher failed", "see what it says, and try the command by hand")


def diagnose_loss(seconds: float, said: Sequence[str]) -> Diagnosis:
    """Return what most likely became of a host that took part for so long, and is gone."""
    if any("leaves the run: " in line for line in said):  # the last word of its own agent
        return Diagnosis(f"it has left the run after {_in_words(seconds)} of work", "")
    return Diagnosis(
        f"the connection to it broke after {_in_words(seconds)} of work",
        "see whether it was switched off or cut off, or whether its agent was killed there",
    )


def _in_words(seconds: float) -> str:
    """Return a time as people say it.

    >>> _in_words(3.2), _in_words(700), _in_words(9000)
    ('3 seconds', '12 minutes', '2.5 hours')
    """
    if seconds < 120:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def is_turned_away(said: Sequence[str]) -> bool:
    """Return whether an sshd hung up before it checked the login, so that another try may succeed."""
    return any(re.search(_TURNED_AWAY, line) for line in said)
