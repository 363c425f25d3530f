"""Where there is too little of something, a run says what it is, or does without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from faults.hostile import Attack
from running import HOME, LIMIT, Run, run_python, unchecked, write
from scripts import MAIN, program

WORKS = program("""
    def main():
        assert sum(futures.map(square, range(100))) == 328350
        if scoop.SIZE > 1:
            assert elsewhere(scoop.SIZE.__add__, 1) == scoop.SIZE + 1
    """)


def shell(folder: Path, command: str, source: str = WORKS, env: dict[str, str] | None = None) -> Run:
    """Have a shell start the program: ``$RUN`` in the command is Python with SCOOP and the script."""
    write(folder / "script.py").write_text(source + MAIN)
    words = {"PYTHON": sys.executable, "SCRIPT": str(folder / "script.py"), "HERE": str(folder)}
    ended = subprocess.run(
        ["sh", "-c", command.replace("$RUN", '"$PYTHON" -m scoop')],
        cwd=folder,
        env={**os.environ, **words, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    return Run(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize(
    "command",
    [
        "ulimit -n 12; $RUN -n 3 script.py",
        "cd /proc && $RUN -n 2 $SCRIPT",
        "cd / && $RUN -n 2 $SCRIPT",
        "unset HOME; $RUN -n 2 script.py",
        "HOME=/nowhere TMPDIR=/nowhere $RUN -n 2 script.py",
        'env -i "$PYTHON" -m scoop -n 2 script.py',
        "PYTHONDONTWRITEBYTECODE=1 $RUN -n 2 script.py",
        '"$PYTHON" -I -m scoop -n 2 script.py',
        '"$PYTHON" -sEP -m scoop -n 2 script.py',
        '"$PYTHON" -O -m scoop -n 2 script.py',
        '"$PYTHON" -OO -bb -u -B -m scoop -n 2 script.py',
        '"$PYTHON" -X dev -W error -m scoop -n 2 script.py',
    ],
)
def test_a_run_works_where_there_is_little(tmp_path: Path, command: str) -> None:
    if "/proc" in command and not os.path.isdir("/proc"):
        pytest.skip("there is no /proc")
    assert shell(tmp_path, command) == Run(0, "fine\n", "")


@pytest.mark.parametrize("limit", [6, 16, 64, 256])
def test_large_data_travel_where_few_descriptors_are(tmp_path: Path, limit: int) -> None:
    source = program("""
        import numpy

        def total(block, name):
            time.sleep(0.005)
            assert shared.getConst(name, timeout=60).sum() == 0
            return block + 1

        def main():
            names = [f"c{number}" for number in range(70)]
            for name in names:
                shared.setConst(**{name: numpy.zeros(30_000)})
            blocks = [numpy.zeros(30_000) for _ in range(210)]
            kept = [*futures.map(total, blocks, names * 3)]
            assert sum(block.sum() for block in kept) == 210 * 30_000
        """)
    run = shell(tmp_path, f"ulimit -n {limit}; $RUN -n 2 script.py", source)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "Traceback" not in run.err


def test_without_descriptors_for_the_broker_a_run_says_what_is_missing(tmp_path: Path) -> None:
    source = """
        import resource, runpy, sys
        import scoop.cli.running.command  # which needs descriptors itself
        from scoop.cli import commands
        resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))
        sys.argv[1:] = ["-n", "2", "script.py"]
        sys.exit(commands.main(sys.argv[1:]))
        """
    write(tmp_path / "start.py", source)
    run = shell(tmp_path, '"$PYTHON" start.py')
    assert run.status in (2, 70)
    assert "Too many open files: see ulimit -n" in run.err
    assert "Traceback" not in run.err


def test_too_few_descriptors_for_all_workers_are_named_and_the_run_goes_on(tmp_path: Path) -> None:
    source = program("""
        def main():
            until(lambda: "Too many open files: see ulimit -n" in open("told").read())
            assert list(futures.map(abs, range(-9, 0))) == [*range(9, 0, -1)]
        """)
    run = shell(tmp_path, "ulimit -n 32; $RUN -n 40 script.py 2> told", source)
    assert (run.status, run.out) == (0, "fine\n"), (tmp_path / "told").read_text()
    assert "Traceback" not in (tmp_path / "told").read_text()


def test_two_hundred_workers_start_share_and_stop(tmp_path: Path) -> None:
    source = program("""
        def main():
            seen = set()
            def all_work():
                seen.update(futures.map(nap, range(1000)))
                return len(seen) > 50
            until(all_work)

        def nap(_):
            time.sleep(0.002)
            return scoop.worker
        """)
    assert shell(tmp_path, "$RUN -n 200 script.py", source) == Run(0, "fine\n", "")


FEW_PROCESSES = """
import errno, os

def fork(fork=os.fork, left=[int(os.environ["PROCESSES"])]):
    if not left[0]:
        with open("refused", "a") as file:
            file.write(".")
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    left[0] -= 1
    return fork()

os.fork = fork
os.uname = lambda: os.uname_result(["Linux", "here", "", "", "no known machine"])  # on which os.fork makes all
"""
"""Stands in for the limit of processes (ulimit -u), which root does not have."""


def few_processes(folder: Path, processes: int, source: str = WORKS) -> Run:
    """Run the program where only so many processes can be forked."""
    write(folder / "limits/sitecustomize.py", FEW_PROCESSES)
    env = {"PYTHONPATH": str(folder / "limits"), "PROCESSES": str(processes)}
    return shell(folder, "$RUN -n 4 script.py", source, env)


def test_without_any_process_a_run_says_what_is_missing(tmp_path: Path) -> None:
    run = few_processes(tmp_path, 0)
    assert (run.status, run.out) == (2, "")
    assert len(run.err.splitlines()) == 1
    assert "ulimit -u" in run.err


def test_without_a_process_for_the_watchdog_a_run_works(tmp_path: Path) -> None:
    source = program("def main():\n    assert sum(futures.map(square, range(100))) == 328350\n    time.sleep(0.5)\n")
    run = few_processes(tmp_path, 1, source)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert HOME not in run.err


def test_with_too_few_processes_the_run_goes_on(tmp_path: Path) -> None:
    run = few_processes(tmp_path, 3)  # the broker, its watchdog, one worker
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "ulimit -u" in run.err
    assert "Traceback" not in run.err


def test_that_a_worker_cannot_be_started_is_said_once(tmp_path: Path) -> None:
    source = program("""
        def main():
            until(lambda: os.path.exists("refused") and os.path.getsize("refused") >= 3)
        """)
    run = few_processes(tmp_path, 2, source)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert len(run.err.splitlines()) == 1, run.err


FEW_THREADS = """
import os, threading

def start(self, start=threading.Thread.start, left=[int(os.environ["THREADS"])]):
    if not left[0]:
        raise RuntimeError("can't start new thread")
    left[0] -= 1
    start(self)

threading.Thread.start = start
"""


@pytest.mark.parametrize("threads", [0, 5])  # five: two service threads, a spare one, and helper threads
def test_where_no_more_threads_can_be_started_a_run_says_so_or_works(tmp_path: Path, threads: int) -> None:
    write(tmp_path / "limits/sitecustomize.py", FEW_THREADS)
    env = {"PYTHONPATH": str(tmp_path / "limits"), "THREADS": str(threads)}
    source = program("""
        import faulthandler
        faulthandler.dump_traceback_later(90, exit=True)

        def main():
            assert elsewhere(give, 1) == 1
        """)
    run = shell(tmp_path, "$RUN -n 2 script.py", source, env)
    assert HOME not in run.err, run.err
    assert (run.status, run.out) == (0, "fine\n") if threads else run.status == 2


def test_a_full_disk_is_met_as_under_plain_python(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    source = "if __name__ == '__main__':\n    for x in range(20_000): print(x)\n"
    write(tmp_path / "plain.py", source)
    commands = [f'"{sys.executable}" {words} plain.py > /dev/full' for words in ("", "-m scoop -n 2")]
    ends = [subprocess.run(words, shell=True, cwd=tmp_path, capture_output=True, check=False) for words in commands]
    assert ends[0].returncode == ends[1].returncode
    assert ends[0].stderr == ends[1].stderr


def test_a_task_that_prints_to_a_full_disk_fails_alone(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    source = program("""
        def main():
            assert isinstance(send(print, "words").exception(), OSError)
            assert far(give, 1) == 1
            sys.stdout = sys.stderr
        """)
    run = shell(tmp_path, "$RUN -n 2 script.py > /dev/full", source)
    assert (run.status, run.err) == (0, "fine\n")


def hidden(folder: Path, mount: str, command: str) -> Run:
    """Run a command where a file system is mounted over a folder, seen by that command only."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount anything")
    write(folder / "script.py").write_text(WORKS + MAIN)
    words = ["unshare", "-m", "sh", "-c", f"{mount} || exit 99; {command}"]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=LIMIT)
    if ended.returncode == 99:
        pytest.skip("this user may not mount anything")
    return Run(ended.returncode, ended.stdout, ended.stderr)


def test_shared_memory_that_is_full_is_not_needed(tmp_path: Path) -> None:
    fill = "mount -t tmpfs -o size=4k none /dev/shm && (head -c 9999 /dev/zero > /dev/shm/full 2>/dev/null; true)"
    run = hidden(tmp_path, fill, f"exec '{sys.executable}' -m scoop -n 2 script.py")
    assert run == Run(0, "fine\n", "")


def test_proc_is_not_needed(tmp_path: Path) -> None:
    run = hidden(tmp_path, "mount -t tmpfs none /proc", f"exec '{sys.executable}' -m scoop -n 2 script.py")
    assert run == Run(0, "fine\n", "")


def test_a_folder_that_is_deleted_during_the_run_is_not_needed(tmp_path: Path) -> None:
    source = program("""
        def main():
            by = 1
            assert far(give, 1) == 1
            os.chdir("deep")
            os.rmdir(os.path.join(os.path.dirname(__file__), "deep"))
            assert far(give, 1) == 1 and far(lambda x: x + by, 1) == 2
            os.chdir("/")
        """)
    (tmp_path / "deep").mkdir()
    assert shell(tmp_path, "$RUN -n 2 script.py", source) == Run(0, "fine\n", "")


def test_a_program_starts_in_a_folder_that_is_gone_as_under_plain_python(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    run = shell(tmp_path, 'cd deep && rmdir "$HERE/deep" && $RUN -n 2 "$SCRIPT"')
    assert run == Run(0, "fine\n", "")


def test_an_error_in_a_folder_of_any_name_is_told(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xffd"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("names of files must be Unicode here")
    (folder / "script.py").write_text("from scoop import futures\nprint(list(futures.map(abs, range(3))))\n")
    run = run_python("-m", "scoop", "-n", "2", "script.py", cwd=folder)
    assert run.status == 1
    assert "UnguardedMainError" in run.err


@pytest.mark.parametrize("how", ["signal.signal(signal.SIGCHLD, signal.SIG_IGN)"], ids=["ignored by the program"])
def test_children_are_the_programs_to_await(attack: Attack, how: str) -> None:
    run = attack(
        2,
        f"""
        import signal

        def await_all():
            if not os.fork():
                os._exit(0)
            while True:
                try:
                    os.wait()
                except ChildProcessError:
                    break

        def main():
            assert far(give, 1) == 1
            {how}
        """,
        env={"PYTHONWARNINGS": "ignore"},
    )
    assert run == Run(0, "fine\n", "")


def test_a_run_started_where_children_are_ignored_ends_in_peace(tmp_path: Path) -> None:
    write(tmp_path / "script.py").write_text(WORKS + MAIN)
    ignoring = f"import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv({sys.executable!r}, "
    run = run_python("-c", f"{ignoring}{unchecked('script.py')!r})", cwd=tmp_path)
    assert run == Run(0, "fine\n", "")


def test_numbers_for_workers_do_not_run_out(tmp_path: Path) -> None:
    source = program("""
        def main():
            for x in range(12):
                assert elsewhere(give, x) == x
        """)
    write(tmp_path / "script.py").write_text(source + MAIN)
    few = "import sys, scoop.wire.status_page as b; b.MOST_WORKERS = 8; import scoop.cli.commands as c; "
    words = ["-n", "2", "--max-tasks-per-worker", "1", "script.py"]
    run = run_python("-c", f"{few}sys.exit(c.main({words!r}))", cwd=tmp_path)
    assert run == Run(0, "fine\n", "")


@pytest.mark.parametrize("name", ["map", "map_as_completed"])
def test_a_map_over_endless_inputs_keeps_memory_flat(attack: Attack, name: str) -> None:
    run = attack(
        2,
        f"""
        import itertools, psutil

        def main():
            resident = []
            for number, _ in enumerate(futures.{name}(give, itertools.count())):
                if number in (20_000, 100_000):
                    resident.append(psutil.Process().memory_info().rss)
                if number == 100_000:
                    break
            assert resident[1] - resident[0] < 10_000_000, resident
        """,
    )
    assert run == Run(0, "fine\n", "")


def test_a_soft_limit_of_time_names_itself(attack: Attack) -> None:
    run = attack(
        2,
        """
        import resource

        def burn():
            resource.setrlimit(resource.RLIMIT_CPU, (1, 60))
            while True:
                pass

        def main():
            error = send(futures.with_retries(burn, 0)).exception()
            assert "SIGXCPU" in str(error) and "ulimit -t" in str(error), error
        """,
    )
    assert run == Run(0, "fine\n", "")
