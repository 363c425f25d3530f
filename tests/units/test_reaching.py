"""Command lines, invitations, answers and diagnoses: what can be said of them without reaching anybody."""

import io
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoop.cluster.launchers import Reach
from scoop.cluster.launchers.grid_engine import qrsh
from scoop.cluster.launchers.lsf import blaunch
from scoop.cluster.launchers.mpi import mpiexec
from scoop.cluster.launchers.slurm import srun
from scoop.cluster.launchers.ssh import quote, quote_all, ssh
from scoop.cluster.lines.transport import Terms
from scoop.cluster.planning.files import ProgramFiles
from scoop.cluster.planning.hosts import Host, HostsError
from scoop.cluster.planning.invitation import (
    Answer,
    Invitation,
    disagreement,
    encode,
    mark,
    read_invitation,
    read_mark,
)
from scoop.cluster.starting.diagnosis import diagnose, diagnose_loss
from scoop.cluster.starting.machine_identity import told_twice
from scoop.engine.process.limits import Limits
from scoop.machine.program import Program

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), max_size=20)


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh", "csh", "tcsh", "ksh", "fish"])
def test_words_are_read_by_every_shell_as_they_were_meant(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    words = ["", "a b", "it's", '"', "!x", "a!b'c\\d", "\\", "\\\\'", "$HOME", "`ls`", "*", "~", "=x", "{a,b}"]
    words += ["#", "%1", "a;b", "&", "|", "<x>", "^a^b", "é"]
    line = f"printf '%s\\n' {quote_all(words)}"
    run = subprocess.run([shell, "-c", line], capture_output=True, text=True, check=True)
    assert run.stdout == "".join(f"{word}\n" for word in words)


@settings(max_examples=50)
@given(st.lists(texts, min_size=1, max_size=5))
def test_any_words_are_read_by_a_shell_as_they_were_meant(words: list[str]) -> None:
    run = subprocess.run(["sh", "-c", f"printf '%s\\n' {quote_all(words)}"], capture_output=True, check=True)
    assert run.stdout.decode() == "".join(f"{word}\n" for word in words)


def test_a_line_break_is_refused() -> None:
    with pytest.raises(HostsError, match="line break"):
        quote("a\nb")


REACH = Reach(python="/opt/python3", timeout=20)
OPTIONS = (
    "-T -x -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=40 -o ServerAliveCountMax=3 "
    "-o ControlMaster=no -o LogLevel=ERROR"
)


def test_ssh() -> None:
    words = ssh(REACH, Host("node1", 4))
    assert " ".join(words[:-1]) == f"ssh {OPTIONS} -o ClearAllForwardings=yes -- node1"
    assert words[-1] == "exec /opt/python3 -P -m scoop.cluster.agent node1"


def test_ssh_with_all_there_is() -> None:
    reach = REACH._replace(ssh=("ssh", "-F", "my config"), python_path="/a b:/c", prolog="/set up.sh", tunnel=True)
    words = ssh(reach, Host("fe80::1", None, "ann", 2222), 8786)
    assert words[:3] == ["ssh", "-F", "my config"]
    assert " ".join(words[3:-1]) == (
        f"{OPTIONS} -o ExitOnForwardFailure=yes -R 127.0.0.1:8786:127.0.0.1:8786 -p 2222 -l ann -- fe80::1"
    )
    assert words[-1] == (
        'exec bash -c \'. "$0" </dev/null || { echo "scoop: the prolog $0 ended with status $?" >&2; exit 1; }; '
        "exec \"$@\"' '/set up.sh' env 'PYTHONPATH=/a b:/c' "
        "/opt/python3 -P -m scoop.cluster.agent 'ann@[fe80::1]:2222'"
    )


def test_the_batch_systems_commands() -> None:
    agent = ["/opt/python3", "-P", "-m", "scoop.cluster.agent"]
    words = srun(REACH, [Host("node1", 4), Host("node3")])
    assert words[0] == "srun"
    assert {"--nodes=2", "--ntasks=2", "--nodelist=node1,node3", "--input=all"} <= set(words)
    assert words[-4:] == agent
    assert qrsh(REACH, Host("node2"))[-6:] == ["node2", *agent, "node2"]
    assert blaunch(REACH, Host("node2")) == ["blaunch", "node2", "-no-shell", *agent, "node2"]


def test_mpiexec_starts_one_agent_that_may_use_all_processors() -> None:
    words = mpiexec(REACH, Host("node2", 4))
    free, command = words[: words.index("mpiexec")], words[words.index("mpiexec") :]
    assert free[0] == "env"
    assert all("=" in word for word in free[1:])
    assert command[:5] == ["mpiexec", "-n", "1", "-host", "node2"]
    assert command[5:] == ["/opt/python3", "-P", "-m", "scoop.cluster.agent", "node2"]


# -- what travels on standard input, and back --------------------------------------------------------------------

program_files = st.builds(
    ProgramFiles, texts, texts, st.dictionaries(texts, texts, max_size=3), st.binary(max_size=50), st.just("")
)
invitations = st.builds(
    Invitation,
    workers=st.dictionaries(texts, st.none() | st.integers(1, 99), max_size=3),
    python=texts,
    scoop=texts,
    terms=st.none()
    | st.builds(Terms, texts, texts, texts, texts, silence=st.floats(1, 100), grace=st.floats(0, 100)),
    limits=st.builds(
        Limits,
        st.integers(0, 9),
        st.none() | st.integers(1, 9),
        resources=st.dictionaries(texts, st.integers(0, 9), max_size=3),
    ),
    program=st.none() | st.builds(Program, texts, texts, st.lists(texts, max_size=3).map(tuple), texts),
    files=st.none() | program_files,
    environment=st.dictionaries(texts, texts, max_size=3),
)


@given(invitations)
def test_an_invitation_is_read_as_it_was_written(invitation: Invitation) -> None:
    file = io.BytesIO(encode(invitation) + b"more")
    assert read_invitation(file) == invitation
    assert file.read() == b"more"


@given(st.binary(max_size=50))
def test_other_data_is_no_invitation(data: bytes) -> None:
    with pytest.raises(ValueError, match="no invitation"):
        read_invitation(io.BytesIO(data))


answers = st.builds(Answer, texts, texts, texts, texts, texts, texts, st.integers(0, 99), st.integers(0, 99))


@given(answers, st.binary(max_size=20))
def test_an_answer_is_found_behind_whatever_stands_before_it(answer: Answer, noise: bytes) -> None:
    line = mark(answer)
    assert line.count(b"\n") == 1
    assert read_mark(noise.replace(b"\x1e", b"") + line) == answer


@given(st.binary())
def test_other_lines_are_no_answers(line: bytes) -> None:
    assert read_mark(line) is None
    assert read_mark(b"\x1escoop " + line) is None


# -- what went wrong ---------------------------------------------------------------------------------------------

DIAGNOSES = [
    (255, "ann@node1: Permission denied (publickey,password).", "without a password", "ssh -o BatchMode=yes node1"),
    (255, "Host key verification failed.", "does not know its host key", "ssh node1"),
    (255, "ssh: Could not resolve hostname node1: Name or service not known", "no such host", "~/.ssh/config"),
    (255, "ssh: connect to host node1 port 22: Connection refused", "nothing listens", "port"),
    (255, "ssh: connect to host node1 port 22: Connection timed out", "does not answer", "firewall"),
    (255, "kex_exchange_identification: Connection closed by remote host", "hung up", "MaxStartups"),
    (127, "bash: line 1: exec: /opt/python3: not found", "has no /opt/python3", "--python-interpreter"),
    (1, "scoop: the prolog /set up.sh ended with status 1", "status other than 0", "`true`"),
    (1, "/opt/python3: No module named scoop", "has no SCOOP", "--pythonpath"),
    (2, "Unknown option: -P", "older than 3.11", "--python-interpreter"),
    (1, "ModuleNotFoundError: No module named 'greenlet'", "lacks something", "depends on"),
    (None, "", "not answer in time", "--host-timeout"),
    (0, "", "ended without running", "forced command"),
    (1, "what?", "failed", "by hand"),
]


@pytest.mark.parametrize(("status", "said", "cause", "remedy"), DIAGNOSES)
def test_a_failure_has_a_cause_and_a_remedy(status: int | None, said: str, cause: str, remedy: str) -> None:
    found = diagnose("node1", "/opt/python3", status, said.splitlines())
    assert cause in found.cause
    assert remedy in found.remedy


def test_a_loss_in_the_middle_is_no_failure_to_reach_a_host() -> None:
    broken = diagnose_loss(754, ["Timeout, server node1 not responding."])
    assert broken.cause == "the connection to it broke after 13 minutes of work"
    assert "switched off" in broken.remedy
    left = diagnose_loss(3, ["scoop: node1 leaves the run: MemoryError"])
    assert left == ("it has left the run after 3 seconds of work", "")


def answer_of(host: str, machine: str, workers: int = 4) -> Answer:
    """Return what an agent says of a host with four processors."""
    return Answer(host, "joined", name="head", cores=4, workers=workers, machine=machine)


def test_names_of_one_machine_are_told() -> None:
    answers = [
        answer_of("a", "m1"),
        answer_of("b", "m1"),
        answer_of("c", "m2"),
        answer_of("d", ""),
        answer_of("e", ""),
    ]
    tail = "the same machine (head): it has 8 workers for 4 processors; name it once"
    assert told_twice(answers, "m2", 0) == [f"a and b are {tail}"]
    assert told_twice(answers[1:], "m2", 4) == [f"this machine and c are {tail}"]


def test_versions_that_differ_are_named() -> None:
    assert disagreement("n", ("3.11", "1.0"), ("3.11", "1.0"), "py") == ""
    assert "n has Python 3.12 (py), the program runs on 3.11" in disagreement("n", ("3.12", "1"), ("3.11", "1"), "py")
    assert "n has SCOOP 0.9 (py), the program runs on 1.0" in disagreement("n", ("3", "0.9"), ("3", "1.0"), "py")
