"""Why a host could not be reached, from what its launcher said last, pure."""

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Diagnosis", "diagnose", "is_turned_away"]


class Diagnosis(NamedTuple):
    """What most likely went wrong, and what to do about it."""

    cause: str
    remedy: str


_TURNED_AWAY = r"(kex|ssh)_exchange_identification|Connection (closed|reset) by"

_SIGNS: tuple[tuple[str, str, str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one that ssh knows",
        "find out why; if it was set up anew, remove the old key with `ssh-keygen -R {host}` and log in once by hand",
    ),
    (
        r"Host key verification failed|No \S+ host key is known",
        "ssh does not know its host key",
        "log in once by hand (`ssh {host}`) and confirm the key",
    ),
    (
        r"Permission denied \(|Too many authentication failures|No supported authentication methods",
        "it lets nobody in without a password, and there is nobody to type one",
        "set up a key without passphrase, or an agent that has it: `ssh -o BatchMode=yes {host} true` must work",
    ),
    (
        r"Could not resolve hostname|Name or service not known|Temporary failure in name resolution",
        "there is no such host",
        "look at how it is spelled; a name that only ssh knows belongs in ~/.ssh/config",
    ),
    (
        r"Connection refused",
        "nothing listens there for ssh",
        "start its sshd, or name its port (user@host:port)",
    ),
    (
        r"Connection timed out|Operation timed out|No route to host|Network is unreachable|Timeout, server",
        "it does not answer",
        "see whether it is up, and whether a firewall is between here and there",
    ),
    (
        r"remote port forwarding failed",
        "its sshd lets nobody forward ports, or the port is taken there",
        "allow AllowTcpForwarding there, or go without --tunnel",
    ),
    (
        _TURNED_AWAY,
        "its sshd hung up: often too many logins at once (MaxStartups)",
        "try again, or raise MaxStartups there, or on the gateway",
    ),
    (
        r"No module named '?scoop|Error while finding module specification for 'scoop",
        "its Python has no SCOOP",
        "install it there, or name another interpreter with --python-interpreter, or where it is with --pythonpath",
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
        "Slurm does not give it to this job",
        "name no hosts, so that those of the job are taken, or hosts of the job only",
    ),
    (
        r"not a slave|can't find execution host|not allowed|no free queue|unable to contact|not permitted",
        "the batch system does not let this job start processes there",
        "in Grid Engine the parallel environment needs `control_slaves TRUE`; or use --launcher ssh",
    ),
    (
        r"Illegal variable name|Unmatched|Ambiguous",
        "the login shell there stumbles over its startup file",
        "log in there by hand and see what it says",
    ),
)

_NO_PYTHON = re.compile(r"(No such file or directory|not found|[Pp]ermission denied|cannot execute)")


def diagnose(host: str, python: str, status: int | None, said: Sequence[str]) -> Diagnosis:
    """Return what most likely went wrong.

    Parameters:
        host: its name.
        python: the interpreter that was to be started there.
        status: with which the launcher ended; None if it was given up.
        said: the last lines of its standard error.
    """
    text = "\n".join(said)
    for sign, cause, remedy in _SIGNS:
        if re.search(sign, text):
            return Diagnosis(cause, remedy.format(host=host))
    if status in (126, 127) or (_NO_PYTHON.search(text) and python in text):
        return Diagnosis(f"it has no {python}", "name the interpreter there with --python-interpreter")
    if status is None:
        return Diagnosis(
            "it was reached, if at all, but did not answer in time",
            f"see what `ssh {host} true` does; a slow host may need a longer --host-timeout",
        )
    if status == 0:
        return Diagnosis(
            "the login there ended without running what it was to run",
            "see whether a forced command, or an `exit` in the shell's startup file, is in the way",
        )
    return Diagnosis("the launcher failed", "see what it says, and try the command by hand")


def is_turned_away(said: Sequence[str]) -> bool:
    """Return whether an sshd has hung up on a login before it looked at it, so that another try may succeed."""
    return any(re.search(_TURNED_AWAY, line) for line in said)
