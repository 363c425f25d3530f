"""Where the workers of an executor with hosts are to be."""

from pathlib import Path

import pytest

from scoop.cluster.planning.host_options import HostOptions, Hosts
from scoop.cluster.planning.hosts import Host
from scoop.cluster.pool_plan import find_placement


@pytest.mark.parametrize(
    ("hosts", "away"),
    [
        (["node.invalid"], [Host("node.invalid")]),
        (("a.invalid", "b.invalid", "a.invalid"), [Host("a.invalid", 2), Host("b.invalid")]),
        ("a.invalid,b.invalid", [Host("a.invalid"), Host("b.invalid")]),
        ({"n[1-2].invalid": 3, "me@b.invalid:22": None}, [*(Host(f"n{i}.invalid", 3) for i in (1, 2))]),
    ],
)
def test_hosts_are_written_as_on_the_command_line_or_as_a_mapping(hosts: Hosts, away: list[Host]) -> None:
    found = find_placement(None, HostOptions(hosts))
    assert (found.here, list(found.away[: len(away)])) == (0, away)


def test_this_machine_is_one_of_them_and_n_is_the_number_in_all() -> None:
    placement = find_placement(3, HostOptions({"localhost": 2, "a.invalid": 2}))
    assert (placement.here, placement.away) == (2, (Host("a.invalid", 1),))


def test_auto_is_what_a_batch_system_has_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nodes").write_text("a.invalid\na.invalid\nb.invalid\n")
    monkeypatch.setenv("PBS_JOBID", "1")
    monkeypatch.setenv("PBS_NODEFILE", str(tmp_path / "nodes"))
    assert find_placement(None, HostOptions("auto")).away == (Host("a.invalid", 2), Host("b.invalid", 1))
    assert find_placement(None, HostOptions(hostfile=str(tmp_path / "nodes"))).away[0] == Host("a.invalid", 2)
