"""Large constants and functions on several machines: each passes them on to the next."""

import re

import pytest

from running import Run, run_python

from .conftest import Far

SMALL = ("-X", "scoop_tuning=spread_bytes=100000,spread_part_bytes=20000")
"""So that a megabyte is large."""

BODY = """
import functools, hashlib

DATA = bytes(range(256)) * 4000

def digest(data=None):
    time.sleep(0.02)
    return hashlib.sha256(data or shared.getConst("data")).hexdigest()

def everywhere(function):
    found = {}
    until(lambda: found.update(futures.map(with_broker, [function] * 20, [()] * 20)) or len(found) == 3)
    assert {*found.values()} == {hashlib.sha256(DATA).hexdigest()}

def main():
    futures.wait_for_workers(3)
    shared.setConst(data=DATA)
    everywhere(digest)
    if sys.argv[1:]:
        everywhere(functools.partial(digest, DATA))
"""


def run_small(far: Far, *options: str) -> tuple[list[float], Run]:
    """Run the program on three hosts; return how many copies of each large thing the coordinator has sent."""
    run = run_python(*SMALL, *far.words(BODY, "f1 f2 f3", "-v", *options), cwd=far.folder)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    copies = re.findall(r"large data is on 3 hosts now; this machine has sent (.*) copies", run.err)
    return [*map(float, copies)], run


def test_hosts_pass_large_constants_on(far: Far) -> None:
    copies, _ = run_small(far)
    assert len(copies) == 1
    assert copies[0] < 3  # as many as without


@pytest.mark.thorough
def test_with_no_relay_each_host_gets_a_copy_from_here(far: Far) -> None:
    copies, _ = run_small(far, "--no-relay")
    assert copies == [3]
