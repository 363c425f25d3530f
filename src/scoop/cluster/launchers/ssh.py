"""ssh: the command that starts an agent on a host, and quoting for the login shell there."""

import re
from math import ceil

from ...tuning import TUNING
from ..planning.hosts import Host, HostsError
from . import Reach, agent_command

__all__ = ["quote", "quote_all", "ssh"]

_PLAIN = re.compile(r"[\w@:,./-]+", re.ASCII)


def ssh(reach: Reach, host: Host, port: int | None = None) -> list[str]:
    """Return the command that starts an agent by ssh: the user's own ssh, with the user's own settings.

    ``port`` is the coordinator's on this machine, if the host is to reach it through ssh; None for no tunnel.
    """
    options = {
        "BatchMode": "yes",  # fail where a password is needed: there is no terminal to type it
        "ConnectTimeout": str(max(1, round(reach.timeout))),
        # ssh outlives the session with the host, so that its agent can join afresh.
        "ServerAliveInterval": str(max(TUNING.ssh_silence_seconds, ceil(2 * (reach.silence + reach.grace) / 3))),
        "ServerAliveCountMax": "3",
        "ControlMaster": "no",  # use a shared connection, but do not start one: it would outlive the run
        "LogLevel": "ERROR",  # no banners
    }
    words = [*reach.ssh, "-T", "-x", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    if port is not None:
        words += ["-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{port}:127.0.0.1:{port}"]
    else:
        words += ["-o", "ClearAllForwardings=yes"]  # forwardings in the user's settings are for terminals
    if host.port is not None:
        words += ["-p", str(host.port)]
    if host.user is not None:
        words += ["-l", host.user]
    # One word, since the login shell there reads it. `exec` replaces that shell, so the end of ssh ends the agent.
    return [*words, "--", host.name, f"exec {quote_all(agent_command(reach, host.place))}"]


def quote(word: str) -> str:
    r"""Return ``word`` as sh, bash, zsh, csh, tcsh, ksh and fish read it. Raises HostsError for a line break.

    Backslashes, quotes and exclamation marks stand outside the quotes, each behind a backslash: csh needs that for
    ``!``, fish for the others, and all shells agree on it.

    >>> print(quote("it's"), quote("plain"), quote("a b"))
    'it'\''s' plain 'a b'
    """
    if "\n" in word or "\r" in word or "\0" in word:
        raise HostsError(f"{word!r} has a line break, which some login shells refuse on a command line; remove it")
    if _PLAIN.fullmatch(word):
        return word
    pieces = re.split(r"([\\'!])", word)
    return "".join(f"\\{piece}" if piece in "\\'!" else f"'{piece}'" for piece in pieces if piece) or "''"


def quote_all(words: list[str]) -> str:
    return " ".join(map(quote, words))
