"""How many processors are ours: what the affinity mask and the control group's quota leave."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.machine import cores
from scoop.machine.cores import parse_quota, usable_cores


@pytest.mark.parametrize(
    ("text", "processors"),
    [
        ("100000 100000", 1),
        ("200000 100000", 2),
        ("200001 100000", 3),
        ("199999 100000", 2),
        ("50000 100000", 1),
        ("1000 100000", 1),
        ("400000 50000\n", 8),
    ],
)
def test_a_quota_is_whole_processors_rounded_up(text: str, processors: int) -> None:
    assert parse_quota(text) == processors


@pytest.mark.parametrize("text", ["max 100000", "max 100000\n", "max", "", "\n", "100000", "100000 0", "-1 100000"])
def test_no_quota_is_no_limit(text: str) -> None:
    assert parse_quota(text) is None


@given(quota=st.integers(1, 10**12), period=st.integers(1, 10**9))
def test_a_quota_gives_the_fewest_processors_that_can_use_it_up(quota: int, period: int) -> None:
    processors = parse_quota(f"{quota} {period}\n")
    assert processors is not None
    assert processors >= 1
    assert (processors - 1) * period < quota <= processors * period


@given(st.text(st.characters(max_codepoint=127)))
def test_what_is_no_quota_neither_fails_nor_limits_to_nothing(text: str) -> None:
    processors = parse_quota(text)
    assert processors is None or processors >= 1


def test_usable_are_at_least_one_and_at_most_those_of_the_affinity() -> None:
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))


def quotas(monkeypatch: pytest.MonkeyPatch, folder: Path, *texts: str | None, affinity: int = 64) -> None:
    """Pretend an affinity, and a control group within control groups, with these quotas; None: it has no file."""
    groups = []
    for number, text in enumerate(texts):
        group = folder / str(number)
        group.mkdir()
        groups.append(group)
        if text is not None:
            (group / "cpu.max").write_text(text)
    monkeypatch.setattr(cores, "_control_groups", lambda: groups)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(affinity)))


def test_the_tightest_quota_around_us_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quotas(monkeypatch, tmp_path, "max 100000\n", "300000 100000\n", "800000 100000\n", None)
    assert usable_cores() == 3


def test_the_affinity_counts_where_it_is_tighter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quotas(monkeypatch, tmp_path, "800000 100000\n", affinity=2)
    assert usable_cores() == 2


def test_without_any_quota_the_affinity_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quotas(monkeypatch, tmp_path, None, "max 100000\n", affinity=5)
    assert usable_cores() == 5


def test_a_sliver_of_a_processor_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quotas(monkeypatch, tmp_path, "1 100000\n")
    assert usable_cores() == 1
