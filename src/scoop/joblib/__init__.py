"""joblib's tasks on SCOOP's workers, and so scikit-learn's.

    import scoop.joblib
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="scoop"):
        results = Parallel()(delayed(work)(x) for x in inputs)

The import makes the name known to joblib. In a program that was started with ``python -m scoop``, after
``scoop.start()``, and within ``with scoop.Executor()``, the workers are those that are there. In any other program a
backend starts workers of its own, which end with the block.
"""

from joblib.parallel import ParallelBackendBase, register_parallel_backend

from .backend import ScoopBackend

__all__ = ["ScoopBackend", "register"]


def register() -> None:
    """Make the backend known to joblib as ``"scoop"``. The import of this module has done so already."""
    if not hasattr(ParallelBackendBase, "retrieve_result"):
        raise ImportError("scoop.joblib needs joblib 1.5 or newer")
    register_parallel_backend("scoop", ScoopBackend)


register()
