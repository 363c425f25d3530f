"""How many random cases each test has."""

import pytest


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    """Return the seeds to try: more of them in a thorough run."""
    return range(80 if request.config.getoption("--thorough") else 20)
