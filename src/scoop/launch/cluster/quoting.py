"""Words for a shell that is not ours, pure: whatever the login shell of a host is, it must read what we meant."""

import re

from .hosts import HostsError

__all__ = ["quote", "quote_all"]

_PLAIN = re.compile(r"[\w@:,./-]+", re.ASCII)
_UNQUOTED = "\\'!"
"""Stand outside the quotes, each behind a backslash: so sh, csh (for ``!``) and fish (for the others) agree."""


def quote(word: str) -> str:
    r"""Return ``word`` as sh, bash, zsh, csh, tcsh, ksh and fish read it. Raises HostsError for a line break.

    >>> print(quote("it's"), quote("plain"), quote("a b"))
    'it'\''s' plain 'a b'
    """
    if "\n" in word or "\r" in word or "\0" in word:
        raise HostsError(f"{word!r} has a line break, which not every shell takes on a command line")
    if _PLAIN.fullmatch(word):
        return word
    pieces = re.split(r"([\\'!])", word)
    return "".join(f"\\{piece}" if piece in _UNQUOTED else f"'{piece}'" for piece in pieces if piece) or "''"


def quote_all(words: list[str]) -> str:
    """Return a command line of ``words``."""
    return " ".join(map(quote, words))
