"""What type checkers see of the package: the names that are imported when they are first asked for are here, too."""

import logging

from . import futures as futures
from . import joblib as joblib
from . import shared as shared
from .current_task import task as task
from .engine.offers.host_table import Host as Host
from .engine.offers.host_table import hosts as hosts
from .executor import Executor as Executor
from .identity import BrokerInfo as BrokerInfo
from .identity import WorkerName as WorkerName
from .pool.pool import Pool as Pool
from .randomness import random as random
from .randomness import rng as rng
from .randomness import seed as seed
from .session import start as start
from .session import stop as stop

__all__ = ["BROKER", "DEBUG", "IS_ORIGIN", "IS_RUNNING", "SIZE", "BrokerInfo", "WorkerName", "logger", "worker"]

IS_RUNNING: bool
IS_ORIGIN: bool
DEBUG: bool
BROKER: BrokerInfo | None
worker: WorkerName | None
SIZE: int
logger: logging.Logger
__version__: str
