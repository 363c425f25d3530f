"""Hosts as people and batch systems write them: read right, or refused with a word that helps."""

import contextlib
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.cluster.launchers import Allocation
from scoop.cluster.launchers.local import HERE
from scoop.cluster.planning.hosts import Host, HostsError, expand, merge, parse_host, parse_hostfile, parse_names
from scoop.cluster.planning.plan import allot, discover, named

names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
hosts = st.builds(
    Host,
    st.one_of(names, st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)),
    st.none(),
    st.none() | names,
    st.none() | st.integers(1, 65535),
)


def no_file(name: str) -> str:
    raise FileNotFoundError(2, "No such file or directory", name)


def file_of(text: str) -> Callable[[str], str]:
    return lambda _: text


@given(hosts)
def test_a_host_is_read_as_it_is_written(host: Host) -> None:
    assert parse_host(host.place) == [host]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("node1", [Host("node1")]),
        ("fe80::1", [Host("fe80::1")]),
        ("[fe80::1]:2222", [Host("fe80::1", None, None, 2222)]),
        ("ann@[::1]", [Host("::1", None, "ann")]),
        ("ann@node[1-2]:22", [Host("node1", None, "ann", 22), Host("node2", None, "ann", 22)]),
        ("ann@corp.example@node1", [Host("node1", None, "ann@corp.example")]),
    ],
)
def test_forms_of_a_host(word: str, expected: list[Host]) -> None:
    assert parse_host(word) == expected


@pytest.mark.parametrize(
    "word",
    [
        *("", "-oProxyCommand=x", "@node1", "node1:", "node1:0", "node1:ssh", "a b", "[fe80::1]x", "node[1", "a/b"),
        *("-x@node1", "node[2-1]", "node[a]", "node[]", "node;ls", "$(ls)", "node[1-999999999]", "node[[1]]"),
    ],
)
def test_what_is_no_host_is_named(word: str) -> None:
    with pytest.raises(HostsError, match=re.escape(repr(word))):
        parse_host(word)


@given(st.text(max_size=30))
def test_whatever_is_written_is_read_or_refused(word: str) -> None:
    for read in (parse_host, parse_names, expand):
        with contextlib.suppress(HostsError):
            assert read(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("node[1-3]", "node1 node2 node3"),
        ("node[08-11]", "node08 node09 node10 node11"),
        ("node[1,3]", "node1 node3"),
        ("node[1-2,07]-ib", "node1-ib node2-ib node07-ib"),
        ("r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2"),
        ("plain", "plain"),
    ],
)
def test_ranges(text: str, expected: str) -> None:
    assert expand(text) == expected.split()


def test_commas_within_brackets_belong_to_the_range() -> None:
    assert parse_names("a[1,3],b,c[2-4,9]") == ["a[1,3]", "b", "c[2-4,9]"]


def test_what_is_named_more_than_once_has_as_many_workers() -> None:
    found = named(["h1", "h2", "h2"], None, no_file)
    assert found == Allocation("--hosts", (Host("h1"), Host("h2", 2)))
    assert merge([Host("a", 2), Host("b"), Host("a"), Host("a", 3)]) == [Host("a", 6), Host("b")]


HOSTFILE = """
# the big ones
node1 4     # four
node[2-3]   2

ann@node4:2222
node5 slots=8 max_slots=16
"""


def test_a_hostfile() -> None:
    assert parse_hostfile(HOSTFILE, "hosts") == [
        Host("node1", 4),
        Host("node2", 2),
        Host("node3", 2),
        Host("node4", None, "ann", 2222),
        Host("node5", 8),
    ]


@pytest.mark.parametrize("line", ["node1 four", "a -1", "a 4 5", "a slots=x", "node[1 4", "a colour=red"])
def test_a_bad_line_is_named_with_its_number(line: str) -> None:
    with pytest.raises(HostsError, match=r"^hosts, line 2: "):
        parse_hostfile(f"fine 2\n{line}\n", "hosts")


def test_a_hostfile_that_cannot_be_had() -> None:
    with pytest.raises(HostsError, match="cannot read the hostfile 'nowhere': No such file"):
        named([], "nowhere", no_file)
    with pytest.raises(HostsError, match="names no host"):
        named([], "empty", file_of("# nobody\n"))
    with pytest.raises(HostsError, match="give one of them"):
        named(["a"], "file", file_of("b"))
    assert named([], None, no_file) is None


# -- allotment ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(1, 60))
def test_counts_add_up_to_n(counts: list[int], n: int) -> None:
    given_ = [Host(f"h{place}", count) for place, count in enumerate(counts)]
    found = allot(given_, n)
    assert sum(host.workers or 0 for host in found) == n
    assert [host.name for host in found] == [host.name for host in given_][: len(found)]
    if n <= sum(counts):  # filled host by host
        assert [host.workers for host in found[:-1]] == counts[: len(found) - 1]
    else:  # the rest is dealt out
        more = [(host.workers or 0) - count for host, count in zip(found, counts, strict=True)]
        assert max(more) - min(more) <= 1
        assert more == sorted(more, reverse=True)


@pytest.mark.parametrize(
    ("counts", "n", "expected"),
    [
        ([4, 2], None, [4, 2]),
        ([None, 2], None, [None, 2]),
        ([4, 2], 3, [3]),
        ([4, 2], 9, [6, 3]),
        ([None, None], 3, [2, 1]),
        ([None, 1, None], 6, [3, 1, 2]),
        ([None, None, None], 2, [1, 1]),
    ],
)
def test_n_over_hosts(counts: list[int | None], n: int | None, expected: list[int | None]) -> None:
    assert [host.workers for host in allot([Host(str(i), c) for i, c in enumerate(counts)], n)] == expected


# -- batch systems -----------------------------------------------------------------------------------------------


def slurm(nodes: str, tasks: str, ntasks: str | None, cpus: str, **more: str) -> dict[str, str]:
    """Return the environment of a Slurm job."""
    found = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": nodes, "SLURM_NODELIST": nodes, **more}
    found |= {"SLURM_TASKS_PER_NODE": tasks, "SLURM_JOB_CPUS_PER_NODE": cpus}
    return found | ({"SLURM_NTASKS": ntasks} if ntasks else {})


SLURM = [
    (slurm("node[1-2]", "1(x2)", None, "1(x2)"), [1, 1]),
    (slurm("node[1-3]", "4,2,1", "7", "4,2,1"), [4, 2, 1]),
    (slurm("node[1-2]", "2(x2)", "4", "4(x2)"), [2, 2]),
    (slurm("node[1,3]", "3,1", "4", "3,1"), [3, 1]),
    (slurm("node[1-2]", "4(x2)", None, "4(x2)"), [4, 4]),
    (slurm("node1", "1", "1", "1"), [1]),
    (slurm("node1", "1", "1", "8"), [8]),
]


@pytest.mark.parametrize(("environ", "counts"), SLURM)
def test_slurm(environ: dict[str, str], counts: list[int]) -> None:
    found = discover(environ, no_file)
    assert (found.source, found.launcher) == ("Slurm job 7", "srun")
    assert [host.workers for host in found.hosts] == counts
    assert [host.name for host in found.hosts] == expand(environ["SLURM_JOB_NODELIST"])


@pytest.mark.parametrize(
    ("environ", "naming"),
    [
        (slurm("node[1-2]", "1,x", "2", "1"), "SLURM_TASKS_PER_NODE=1,x: 'x'"),
        (slurm("node[1-3]", "2(x2)", "4", "1"), "SLURM_TASKS_PER_NODE=2(x2)"),
        (slurm("node[1-", "1", "1", "1"), "'node[1-'"),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "node1"}, "SLURM_JOB_CPUS_PER_NODE"),
        (
            slurm("node1", "1", "4", "4", SLURM_STEP_NODELIST="node1", SLURM_STEP_NUM_TASKS="4", SLURM_PROCID="2"),
            "without srun, or with srun -n1",
        ),
    ],
)
def test_what_slurm_cannot_mean_is_named(environ: dict[str, str], naming: str) -> None:
    with pytest.raises(HostsError, match=re.escape(naming)):
        discover(environ, no_file)


def test_a_step_of_slurm_with_fewer_hosts_than_the_job_is_told() -> None:
    step = slurm("node[1-2]", "1", "1", "1(x2)", SLURM_JOB_NUM_NODES="2", SLURM_STEP_NODELIST="node1")
    step |= {"SLURM_STEP_NUM_TASKS": "1", "SLURM_STEP_TASKS_PER_NODE": "1", "SLURM_CPUS_ON_NODE": "4"}
    found = discover(step, no_file)
    assert found.hosts == (Host("node1", 4),)
    assert found.unused.startswith("Slurm job 7 has 2 hosts, and srun has started this program on 1 of them")
    assert discover(step | {"SLURM_JOB_NUM_NODES": "1"}, no_file).unused == ""


def test_the_components_of_a_job_of_slurm_that_are_not_used_are_told() -> None:
    job = slurm("node1", "1", "1", "4", SLURM_HET_SIZE="2", SLURM_JOB_NODELIST_HET_GROUP_1="node2")
    found = discover(job, no_file)
    assert found.hosts == (Host("node1", 4),)
    assert found.unused.startswith("Slurm job 7 has 2 components, and only the first is used (node1)")


def test_grid_engine() -> None:
    environ = {"JOB_ID": "3", "PE_HOSTFILE": "/spool/pe_hostfile", "NSLOTS": "5", "HOSTNAME": "node2"}
    lines = "node2 2 all.q@node2 UNDEFINED\nnode1 2 all.q@node1 UNDEFINED\nnode2 1 big.q@node2 UNDEFINED\n"
    found = discover(environ, file_of(lines))
    assert found == Allocation("Grid Engine job 3", (Host("node2", 3), Host("node1", 2)), "qrsh", "node2")
    with pytest.raises(HostsError, match="/spool/pe_hostfile, line 1: 'node2'"):
        discover(environ, file_of("node2\n"))
    with pytest.raises(HostsError, match="which PE_HOSTFILE names"):
        discover(environ, no_file)
    alone = {"JOB_ID": "3", "SGE_TASK_ID": "undefined", "NSLOTS": "1"}
    assert discover(alone, no_file).hosts == (Host("localhost", 1),)


def test_pbs() -> None:
    environ = {"PBS_JOBID": "9.head", "PBS_NODEFILE": "/aux/9"}
    assert discover(environ, file_of("node1\nnode1\nnode2\nnode2\n")).hosts == (Host("node1", 2), Host("node2", 2))
    assert discover(environ | {"NCPUS": "8"}, file_of("a\nb\n")).hosts == (Host("a", 8), Host("b", 8))
    assert discover(environ | {"NCPUS": "8"}, file_of("a\na\n")).hosts == (Host("a", 2),)
    assert discover({"PBS_JOBID": "9", "PBS_NP": "4"}, no_file).hosts == (Host("localhost", 4),)
    with pytest.raises(HostsError, match="/aux/9, line 2: 'node 2'"):
        discover(environ, file_of("node1\nnode 2\n"))


def test_lsf() -> None:
    job = {"LSB_JOBID": "5"}
    expected = (Host("hostA", 2), Host("hostB", 1))
    assert discover(job | {"LSB_MCPU_HOSTS": "hostA 2 hostB 1"}, no_file).hosts == expected
    assert discover(job | {"LSB_DJOB_HOSTFILE": "f"}, file_of("hostA\nhostA\nhostB\n")).hosts == expected
    assert discover(job | {"LSB_HOSTS": "hostA hostB hostA"}, no_file).hosts == expected
    with pytest.raises(HostsError, match="LSB_MCPU_HOSTS='hostA 2 hostB'"):
        discover(job | {"LSB_MCPU_HOSTS": "hostA 2 hostB"}, no_file)
    assert discover(job, no_file) == HERE


@pytest.mark.parametrize("environ", [{}, {"PATH": "/bin", "NSLOTS": "3"}])
def test_without_a_batch_system_there_is_this_machine(environ: dict[str, str]) -> None:
    assert discover(environ, no_file) == HERE
