"""Of each test some cases are run, so that a run of all tests stays short; with ALL_CASES=1 all of them are."""

import os
from collections import Counter

import pytest

EACH = 3
"""Of so many cases of one test, one is run, the first included."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most cases of tests of this folder, unless all are wanted."""
    if os.environ.get("ALL_CASES"):
        return
    seen: Counter[str] = Counter()
    left_out = []
    for item in items:
        if "races" in item.path.parts:
            name = item.nodeid.partition("[")[0]
            if seen[name] % EACH:
                left_out.append(item)
            seen[name] += 1
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]
