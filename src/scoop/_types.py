"""The reference's name for the class of futures."""

from .engine.results.future import Future

__all__ = ["Future"]
