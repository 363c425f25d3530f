"""The part of ``multiprocessing.Pool`` that calls functions, on SCOOP's workers."""

from .pool import Pool

__all__ = ["Pool"]
