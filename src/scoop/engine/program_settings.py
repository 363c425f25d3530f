"""What the program has set of its logging goes along with its tasks: the levels of its loggers.

Else a worker would send records that the program drops, and drop what it wants. Settings have a serial number, and go
on with the tasks that a task submits. So a worker that gets old ones later, from another, knows that they are old.
"""

import logging
from typing import NamedTuple, cast

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
_changes = 0  # of levels, up to the last look


def be_follower() -> None:
    """Have this worker set what the program has set."""
    global _follows
    _follows = True


def settings_to_send() -> Settings:
    """Return what is to go along with tasks: what is set now in the program, or what came with a task."""
    global _newest, _changes
    if _leads and (changes := _probe.changes()) != _changes:
        _changes = changes
        _newest = Settings(_newest.serial + 1, int(logging.root.manager.disable), _levels())
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


class _Probe(logging.Logger):
    """A logger that notices when a level changes, of whatever logger: Python asks it anew for its own then."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._asked = 0

    def getEffectiveLevel(self) -> int:
        self._asked += 1
        return super().getEffectiveLevel()

    def changes(self) -> int:
        """Return a number that is another one if any level has changed. It takes some 0.2 us if none has."""
        self.isEnabledFor(_ABOVE_ALL)
        return self._asked


_ABOVE_ALL = 1 << 30
"""A level that ``logging.disable`` does not reach."""


def _new_probe() -> _Probe:
    usual = logging.getLoggerClass()
    logging.setLoggerClass(_Probe)
    try:
        return cast(_Probe, logging.getLogger("scoop.probe"))
    finally:
        logging.setLoggerClass(usual)


_probe = _new_probe()


def _levels() -> dict[str, int]:
    loggers = [*logging.root.manager.loggerDict.items(), ("root", logging.root)]
    return {name: int(level) for name, logger in loggers if (level := getattr(logger, "level", logging.NOTSET))}
