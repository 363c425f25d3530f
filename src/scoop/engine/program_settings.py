"""What the program has set of its logging goes along with its tasks: the levels of its loggers.

Else a worker would send records that the program drops, and drop what it wants. Settings have a serial number, and go
on with the tasks that a task submits. So a worker that gets old ones later, from another, knows that they are old.
"""

import logging
from typing import NamedTuple

__all__ = ["Settings", "be_follower", "follow_settings", "settings_to_send", "take_in"]


class Settings(NamedTuple):
    """What workers are to set as the program has.

    Parameters:
        serial: counts the changes.
        disabled: the level up to which all loggers are silent (``logging.disable``).
        levels: of the loggers that have one, by name.
    """

    serial: int
    disabled: int
    levels: dict[str, int]


_newest = Settings(0, 0, {})
_followed = _newest
_leads = True  # this process is the program's, as far as it knows
_follows = False


def be_follower() -> None:
    """Have this worker set what the program has set."""
    global _follows
    _follows = True


def settings_to_send() -> Settings:
    """Return what is to go along with tasks: what is set now in the program, or what came with a task."""
    global _newest
    if _leads:
        disabled, levels = int(logging.root.manager.disable), _levels()
        if (disabled, levels) != _newest[1:]:
            _newest = Settings(_newest.serial + 1, disabled, levels)
    return _newest


def take_in(settings: Settings) -> None:
    """Hear what has come along with tasks. The I/O thread calls, and loggers may be the program's: so set nothing."""
    global _newest, _leads
    if settings.serial > _newest.serial:
        _newest, _leads = settings, False


def follow_settings() -> None:
    """Set what the program has set, if that has changed. Called before each task of others."""
    if _newest is not _followed and _follows:
        _follow(_newest)


def _follow(settings: Settings) -> None:
    global _followed
    for name in _followed.levels.keys() - settings.levels.keys():
        logging.getLogger(name).setLevel(logging.NOTSET)
    for name, level in settings.levels.items():
        logging.getLogger(name).setLevel(level)
    logging.disable(settings.disabled)
    _followed = settings


def _levels() -> dict[str, int]:
    loggers = [*logging.root.manager.loggerDict.items(), ("root", logging.root)]
    return {name: int(level) for name, logger in loggers if (level := getattr(logger, "level", logging.NOTSET))}
