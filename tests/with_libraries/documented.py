"""The pieces of docs/libraries.md, and programs around them."""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

__all__ = ["PIECES", "Piece", "program_of"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "libraries.md"


class Piece(NamedTuple):
    """What a piece of the page needs around it.

    Parameters:
        modules: that are to be installed.
        before: the top of the script.
        within: the start of main().
        after: what holds when the piece has run.
        plain: what makes the piece work in a program that is started with plain python, if more is needed.
    """

    modules: tuple[str, ...]
    before: str
    within: str = ""
    after: str = ""
    plain: str = ""


START = "scoop.start(2)"

GROUPS = '"key": [i % 5 for i in range(100)], "value": list(range(100))'

PIECES = {
    "joblib and scikit-learn": Piece(
        ("joblib", "sklearn"),
        """
        from sklearn.datasets import make_classification
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.model_selection import GridSearchCV, cross_val_score

        def work(x):
            return x * x
        """,
        """
        X, y = make_classification(200, random_state=1)
        model = RandomForestClassifier(10, random_state=1)
        serial = GridSearchCV(model, {"max_depth": [2, 4]}, cv=3, n_jobs=1).fit(X, y)
        """,
        """
        assert results == [x * x for x in range(100)]
        assert (search.cv_results_["mean_test_score"] == serial.cv_results_["mean_test_score"]).all()
        assert (search.predict(X) == serial.predict(X)).all()
        with parallel_config(backend="scoop"):
            assert (cross_val_score(model, X, y) == cross_val_score(model, X, y, n_jobs=1)).all()
            forest = RandomForestClassifier(20, random_state=1).fit(X, y)
        assert (forest.predict_proba(X) == RandomForestClassifier(20, random_state=1, n_jobs=1).fit(X, y)
            .predict_proba(X)).all()
        """,
    ),
    "SciPy": Piece(
        ("scipy",),
        "def cost(x): return float((x * x).sum())",
        after="""
        serial = differential_evolution(cost, [(-5, 5)] * 3, updating="deferred", rng=1)
        assert (best.x == serial.x).all() and best.nfev == serial.nfev
        assert abs(grid).max() == 0
        """,
        plain=START,
    ),
    "emcee": Piece(
        ("emcee",),
        """
        import emcee, numpy

        def log_probability(x):
            return -0.5 * float((x * x).sum())
        """,
        "start = numpy.random.default_rng(1).normal(size=(16, 3))",
        "assert sampler.get_chain().shape == (20, 16, 3)",
    ),
    "dynesty": Piece(
        ("dynesty",),
        """
        import dynesty

        def log_likelihood(x):
            return -0.5 * float((x * x).sum())

        def prior_transform(u):
            return 10 * u - 5
        """,
        after="assert len(sampler.results.logz) >= 100",
    ),
    "pymoo": Piece(
        ("pymoo",),
        """
        from pymoo.algorithms.soo.nonconvex.ga import GA
        from pymoo.core.problem import ElementwiseProblem
        from pymoo.optimize import minimize

        class Sphere(ElementwiseProblem):
            def __init__(self, **settings):
                super().__init__(n_var=3, n_obj=1, xl=-1, xu=1, **settings)

            def _evaluate(self, x, out, *args, **kwargs):
                out["F"] = (x * x).sum()
        """,
        after="assert (result.F == minimize(Sphere(), GA(pop_size=20), ('n_gen', 5), seed=1).F).all()",
    ),
    "DEAP": Piece(
        ("deap",),
        "from deap import base",
        "toolbox = base.Toolbox()",
        "assert list(toolbox.map(abs, [-1, 2])) == [1, 2]",
        plain=START,
    ),
    "nevergrad": Piece(
        ("nevergrad",),
        """
        import nevergrad

        def cost(x):
            return float(((x - 0.5) ** 2).sum())
        """,
        after="assert found.value.shape == (2,) and optimizer.num_ask == 40",
    ),
    "Optuna": Piece(
        ("optuna",),
        """
        import optuna
        from optuna.distributions import FloatDistribution

        def objective(parameters):
            return (parameters["x"] - 2) ** 2
        """,
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
        """,
        "assert len(study.trials) == 40 and study.best_value < 1",
        plain=START,
    ),
    "SALib": Piece(
        ("SALib",),
        """
        import numpy, SALib.analyze.sobol, SALib.sample.sobol

        def model(x):
            return x[0] + 2 * x[1]
        """,
        'problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1]] * 2}',
        "assert indices['S1'][1] > indices['S1'][0]",
        plain=START,
    ),
    "pandas": Piece(
        ("pandas",),
        """
        import pandas

        def summarize(group):
            return group.groupby("key").sum()
        """,
        f"frame = pandas.DataFrame({{{GROUPS}}})",
        'assert summary.equals(frame.groupby("key").sum())',
        plain=START,
    ),
    "polars": Piece(
        ("polars",),
        """
        import polars

        def summarize(group):
            return group.group_by("key").agg(polars.col("value").sum())
        """,
        f"frame = polars.DataFrame({{{GROUPS}}})",
        'assert summary.sort("key").equals(summarize(frame).sort("key"))',
        plain=START,
    ),
    "xarray": Piece(
        ("xarray",),
        """
        import numpy, xarray

        def smooth(step):
            return step.rolling(x=3, center=True).mean()
        """,
        'data = xarray.DataArray(numpy.arange(60.0).reshape(6, 10), dims=("time", "x"))',
        "assert smoothed.equals(smooth(data))",
        plain=START,
    ),
    "Numba": Piece(
        ("numba",),
        """
        import numba

        @numba.njit
        def count_inside(seed):
            inside = 0
            for i in range(1000):
                x, y = (i * 37 + seed) % 100 / 100, (i * 91 + seed) % 100 / 100
                inside += x * x + y * y < 1
            return inside
        """,
        after="assert totals == [count_inside(seed) for seed in range(8)]",
        plain=START,
    ),
    "PyTorch": Piece(
        ("torch",),
        """
        import torch

        def add_up(array):
            return int(torch.from_numpy(array).sum())

        def double(tensor):
            return 2 * tensor
        """,
        "batches = [torch.arange(100_000) + number for number in range(8)]",
        """
        assert sums == [int(batch.sum()) for batch in batches]
        assert all(map(torch.equal, futures.map(double, batches), map(double, batches)))
        """,
        plain=START,
    ),
    "To go on after a power cut": Piece(
        ("joblib",),
        """
        import joblib

        def simulate(x):
            return x * x
        """,
        "parameters = range(10)",
        "assert results == list(map(remembered, parameters)) == [x * x for x in range(10)]",
        plain=START,
    ),
}


def program_of(heading: str, plain: bool) -> str:
    """Return a program with the piece of the page that stands below the heading; ``plain``: for plain python."""
    piece = PIECES[heading]
    found = re.search(rf"^## {re.escape(heading)}\n.*?^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert found is not None, f"the page has no piece below {heading!r}"
    imports = "import scoop\nfrom scoop import futures\n"
    parts = [piece.plain if plain else "", piece.within, found[1], piece.after, 'print("fine")']
    body = "\n".join(textwrap.dedent(part) for part in parts)
    guard = 'if __name__ == "__main__":\n    main()\n'
    return f"{imports}{textwrap.dedent(piece.before)}\n\ndef main():\n{textwrap.indent(body, '    ')}\n\n{guard}"
