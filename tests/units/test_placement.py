"""Where workers are to be, and how a plan is written out."""

import pytest

from scoop.cli.hosts import Row, table
from scoop.cli.parsing.options import new_parser
from scoop.cluster.launchers import Allocation, Reach
from scoop.cluster.launchers.local import is_here
from scoop.cluster.lines.transport import Terms
from scoop.cluster.planning.hosts import Host, HostsError
from scoop.cluster.planning.invitation import Answer, Invitation
from scoop.cluster.planning.plan import Plan, calls, describe, invite, place

A, B = Host("a", 4), Host("b", 2)
REACH = Reach(python="/opt/python3", timeout=20)


def hosts(*found: Host) -> Allocation:
    return Allocation("--hosts", found)


def test_this_machines_workers_are_here() -> None:
    assert place(hosts(A, B), [True, False], None, 8)[:2] == (4, (B,))
    assert place(hosts(Host("a"), B), [True, False], None, 8)[:2] == (8, (B,))
    assert place(hosts(A, B), [True, False], 3, 8)[:2] == (3, ())


def test_where_this_machine_is_not_in_the_list_it_has_no_workers() -> None:
    assert place(hosts(A, B), [False, False], None, 8)[:2] == (0, (A, B))


def test_one_host_that_is_this_machine_is_a_plain_run() -> None:
    assert place(hosts(A), [True], None, 8)[:2] == (4, ())
    assert place(hosts(Host("localhost")), [True], None, 8)[:2] == (8, ())
    assert place(hosts(A), [True], 6, 8)[:2] == (6, ())


def test_two_names_of_this_machine_add_up() -> None:
    assert place(hosts(A, B), [True, True], None, 8)[:2] == (6, ())


def test_nothing_to_start_is_refused() -> None:
    with pytest.raises(HostsError, match="no worker"):
        place(hosts(), [], None, 8)


def test_which_host_is_here() -> None:
    assert is_here((Host("localhost"), Host("no-such-host.invalid")), None) == [True, False]
    assert is_here((Host("no-such-host.invalid"), Host("other.invalid")), "other.invalid") == [False, True]
    assert is_here((Host("localhost", port=2222), Host("localhost", user="nobody-at-all")), None) == [False, False]
    assert is_here((Host("127.0.0.7"), Host("192.0.2.1")), None) == [True, False]


PLAN = Plan((B, Host("c")), "ssh", REACH, Invitation({"b": 2, "c": None}, "3.11", "1.0"), 2)
DRY_RUN = """\
hosts from --hosts: 3
workers: 6 and one for each processor of the hosts marked *

here: 4 workers beside the program
b: 2 workers
c: *

would be started:
  ssh -T -x -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=40 -o ServerAliveCountMax=3 \
-o ControlMaster=no -o LogLevel=ERROR -o ClearAllForwardings=yes -- b \
'exec /opt/python3 -P -m scoop.cluster.agent b'
  ssh -T -x -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=40 -o ServerAliveCountMax=3 \
-o ControlMaster=no -o LogLevel=ERROR -o ClearAllForwardings=yes -- c \
'exec /opt/python3 -P -m scoop.cluster.agent c'"""


def test_a_dry_run() -> None:
    assert describe(place(hosts(A, B, Host("c")), [True, False, False], None, 8), PLAN) == DRY_RUN


def test_a_dry_run_of_hosts_without_numbers_counts_no_other_workers() -> None:
    lines = describe(place(hosts(Host("c")), [False], None, 8), PLAN).splitlines()
    assert lines[1] == "workers: one for each processor of the hosts marked *"


def test_a_dry_run_without_other_hosts() -> None:
    expected = "hosts from --hosts: 1\nworkers: 4\n\nhere: 4 workers beside the program"
    assert describe(place(hosts(A), [True], None, 8), None) == expected


TABLE = """\
host   workers  cores  python  scoop  login   round trip
node1  4        8      3.11    1.0    0.31 s  0.4 ms
node2  *        -      -       -      -       -

node2: nobody is there"""


def test_a_table_of_hosts() -> None:
    answer = Answer("node1", "hello", name="n1", python="3.11", scoop="1.0", cores=8)
    rows = [Row("node1", 4, answer, 0.314, 0.0004), Row("node2", None, problem="node2: nobody is there")]
    assert table(rows) == TABLE


def test_slurm_starts_all_by_one_command_the_others_one_each() -> None:
    assert [call.hosts for call in calls(PLAN._replace(launcher="srun"))] == [("b", "c")]
    assert [call.hosts for call in calls(PLAN._replace(launcher="qrsh"))] == [("b",), ("c",)]
    assert [call.words[1] for call in calls(PLAN._replace(launcher="blaunch"))] == ["b", "c"]


def test_with_a_tunnel_hosts_are_told_their_own_end_of_it() -> None:
    terms = Terms("run", "tls://10.0.0.1:8786", "c", "a")
    assert invite(PLAN, terms).terms == terms
    plan = PLAN._replace(reach=REACH._replace(tunnel=True))
    assert invite(plan, terms).terms == terms._replace(address="tls://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("line", "expected", "program"),
    [
        ("--hosts node1 node2 script.py -n 3", ["node1", "node2"], ["script.py", "-n", "3"]),
        ("--hosts node1 node2 -n 3 script.py --hosts x", ["node1", "node2"], ["script.py", "--hosts", "x"]),
        ("-n 3 --hosts a,b[1-2] -- script", ["a,b[1-2]"], ["--", "script"]),
        ("--hosts a --hosts b script.py", ["a", "b"], ["script.py"]),
        ("--hosts a folder/script x", ["a"], ["folder/script", "x"]),
        ("script.py --hosts x", [], ["script.py", "--hosts", "x"]),
    ],
)
def test_names_of_hosts_end_where_the_program_begins(line: str, expected: list[str], program: list[str]) -> None:
    options = new_parser().parse_args(line.split())
    assert (options.hosts, options.program) == (expected, program)
    assert options.n == (3 if "-n 3" in line.partition("script")[0] else None)


def test_hosts_may_come_before_a_module() -> None:
    options = new_parser().parse_args(["--hosts", "a", "-m", "package", "--hosts", "b"])
    assert (options.hosts, options.module) == (["a"], ["package", "--hosts", "b"])
