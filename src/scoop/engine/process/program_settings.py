"""What the program has set goes along with its tasks: levels of loggers, filters of warnings, its folder, and more.

Else a worker would send records that the program drops, and drop those that it wants. Settings have a serial number,
and go on with the tasks that a task submits. So a worker that gets old ones later, from another, knows that they are
old.
"""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from ...progress import terminal
from ...wire import codec
from ...wire.main_module import MAIN_ALIAS
from .process_settings import ProcessSettings, changes_of_process, follow_process, process_to_send

__all__ = ["Settings", "follow_filters", "follow_levels", "follow_settings", "settings_to_send", "take_in"]

Filter = tuple[Any, ...]
"""An action, a pattern of the text, a category, a pattern of the module, a line; see the warnings module."""


class Settings(NamedTuple):
    """What workers are to set as the program has.

    Parameters:
        serial: counts the changes.
        disabled: the level up to which all loggers are silent (``logging.disable``).
        levels: of the loggers that have one, by name.
        filters: of warnings, pickled singly.
        terminal: whether progress hangs below what is printed on the terminal: see progress/terminal.py.
        process: the current folder, environment variables and the like: see process_settings.py.
    """

    serial: int
    disabled: int
    levels: dict[str, int]
    filters: list[bytes]
    terminal: bool
    process: ProcessSettings


_newest = Settings(0, 0, {}, [], False, {})
_followed = _newest
_leads = True  # this process is the program's, as far as it knows
_follows_levels = False
_changes = 0, 0  # of levels and of the process, up to the last look

_filters = cast(list[Filter], warnings.filters)
"""The list itself: what holds for a while only (``catch_warnings``) is in another one, and stays where it is."""
_filters_seen: list[Filter] = []


def follow_filters() -> None:
    """Have the filters of warnings that are set now hold also for the main script as a worker imports it."""
    _set_filters([*_naming_main(_filters)])


def follow_levels() -> None:
    """Have this worker set also the levels of its loggers as the program has: it has none of its own."""
    global _follows_levels
    _follows_levels = True


def settings_to_send() -> Settings:
    """Return what is to go along with tasks: what is set now in the program, or what came with a task."""
    changed = _changes_by_now() != _changes or terminal.is_guarded != _newest.terminal
    if _leads and (changed or (_filters != _filters_seen and warnings.filters is _filters)):
        _look()
    return _newest


def _look() -> None:
    global _newest, _changes, _filters_seen
    _changes = _changes_by_now()
    filters = _newest.filters
    if warnings.filters is _filters:
        _filters_seen = [*_filters]
        filters = [*_packed(_filters_seen)]
    serial, disabled = _newest.serial + 1, int(logging.root.manager.disable)
    _newest = Settings(serial, disabled, _levels(), filters, terminal.is_guarded, process_to_send())


def _changes_by_now() -> tuple[int, int]:
    return _probe.changes(), changes_of_process()


def take_in(settings: Settings) -> None:
    """Hear what has come along with tasks. The I/O thread calls, and loggers may be the program's: so set nothing."""
    global _newest, _leads
    if settings.serial > _newest.serial:
        _newest, _leads = settings, False


def follow_settings() -> None:
    """Set what the program has set, if that has changed. Called before each task of others."""
    newest = _newest
    if newest is _followed or _leads:
        return
    follow_process(newest.process)
    if warnings.filters is _filters:
        _follow(newest)


def _follow(settings: Settings) -> None:
    global _followed
    if settings.filters != _followed.filters:
        _set_filters(_loaded(settings.filters))
    if _follows_levels:
        _set_levels(settings)
    if settings.terminal:
        terminal.guard_streams()
    _followed = settings


# -- filters of warnings --------------------------------------------------------------------------------------------


def _packed(filters: Iterable[Filter]) -> Iterator[bytes]:
    for each in filters:
        try:
            yield codec.dumps(each)
        except Exception:  # its category cannot travel, so neither do such warnings
            continue


def _loaded(packed: Iterable[bytes]) -> Iterator[Filter]:
    for data in packed:
        try:
            yield codec.loads(data)
        except Exception:  # no module that this worker can import has its category
            continue


def _set_filters(filters: Iterable[Filter]) -> None:
    _filters[:] = filters
    warnings.simplefilter("default", append=True)  # which is so anyway; but Python hears that filters have changed


def _naming_main(filters: Iterable[Filter]) -> Iterator[Filter]:
    """Yield filters so that those for the main script hold while it is imported, and has another name."""
    for action, text, category, module, line in filters:
        if module is not None and re.match(module, "__main__"):
            yield action, text, category, re.compile(MAIN_ALIAS + r"\Z"), line
        yield action, text, category, module, line


# -- levels of loggers ----------------------------------------------------------------------------------------------


def _set_levels(settings: Settings) -> None:
    for name in _followed.levels.keys() - settings.levels.keys():
        logging.getLogger(name).setLevel(logging.NOTSET)
    for name, level in settings.levels.items():
        logging.getLogger(name).setLevel(level)
    logging.disable(settings.disabled)


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
