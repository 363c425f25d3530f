"""The reference's name for the class of futures."""

from .worker.future import Future

__all__ = ["Future"]
