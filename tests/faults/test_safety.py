"""A run writes no file, shows no process what is another's, and its broker runs nothing of the user's."""

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from faults.hostile import Attack
from running import HOME, LIMIT, Run, RunScoop, run_python, write
from scripts import MAIN, program

linux = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="what a process has open is looked up in /proc")

ALL_UP = """
import psutil

def run():
    return psutil.Process().children(recursive=True)

def all_up():
    until(lambda: len(run()) == scoop.SIZE + 2)  # the broker, its watchdog, the workers
    for _ in range(3):
        futures.map(give, range(100))
        send(give, 1)
"""


def modules_behind(name: str) -> dict[str, set[str]]:
    """Return all modules of SCOOP's that a module imports, directly or not, and the names that each of them uses."""
    found: dict[str, set[str]] = {}
    todo = [name]
    while todo:
        one = todo.pop()
        spec = find_spec(one)
        if one in found or spec is None or spec.origin is None:
            continue
        tree = ast.parse(Path(spec.origin).read_text("utf-8"))
        found[one] = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        package = one if spec.submodule_search_locations else one.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                base += [node.module] if node.module else []
                imported = [".".join(base), *(".".join([*base, alias.name]) for alias in node.names)]
            else:
                continue
            found[one] |= set(imported)
            todo += [other for other in imported if other.startswith("scoop.") and _exists(other)]
    return found


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # it is a name within a module
        return False


def test_the_broker_has_no_means_to_unpickle_anything() -> None:
    for name in ("scoop.broker.server", "scoop.broker.state", "scoop.broker.processes"):
        modules = modules_behind(name)
        assert "scoop.wire.messages" in modules  # so the search does find what is imported
        for module, names in modules.items():
            assert not names & {"pickle", "cloudpickle", "marshal", "shelve", "eval", "exec", "__import__"}, module
            assert not module.startswith("scoop.worker"), module


def test_what_is_loaded_is_loaded_in_the_program_and_in_workers_only(attack: Attack) -> None:
    run = attack(
        3,
        """
        import traceback

        class Hostile:
            def __reduce__(self):
                return leave_trace, (os.getcwd(),)

        def leave_trace(folder):
            open(os.path.join(folder, f"loaded-{os.getpid()}"), "w").close()
            return 1

        def throw():
            raise ValueError(Hostile())

        def main():
            workers = set()
            def all_of_them():
                workers.add(send(os.getpid).result())
                return len(workers) == scoop.SIZE
            until(all_of_them)
            shared.setConst(hostile=Hostile())
            assert send(shared.getConst, "hostile").result() == 1
            for _ in range(5):
                assert send(give, Hostile()).result() == 1
                assert send(Hostile).result() == 1
                send(throw).exception()
            loaded = {int(name[7:]) for name in os.listdir() if name.startswith("loaded-")}
            broker = int(scoop.worker.broker.rpartition(":")[2])
            assert os.getpid() in loaded and loaded & workers, (loaded, workers)
            assert loaded <= {os.getpid(), *workers} and broker not in loaded, (loaded, workers, broker)
        """,
    )
    assert run == Run(0, "fine\n", "")


@linux
def test_a_worker_has_open_the_standard_streams_and_its_own_socket(attack: Attack) -> None:
    run = attack(
        4,
        ALL_UP
        + """
def opened(pid):
    folder = f"/proc/{pid}/fd"
    return {int(name): os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}

def main():
    all_up()
    broker = int(scoop.worker.broker.rpartition(":")[2])
    brokers = {what for what in opened(broker).values() if what.startswith("socket:")}
    workers = [process for process in run() if process.ppid() == broker and process.num_threads() > 1]
    assert len(workers) == 4
    sockets = []
    for worker in workers:
        files = opened(worker.pid)
        assert len(files) == 4 and {0, 1, 2} <= files.keys(), files
        assert files[0] == os.devnull, files
        sockets += [what for number, what in files.items() if number > 2]
    assert len(set(sockets)) == 4 and all(what.startswith("socket:") for what in sockets), sockets
    assert not brokers & set(sockets)
    assert len(brokers) == 5  # one to each, and to the program
""",
    )
    assert run == Run(0, "fine\n", "")


@linux
def test_memory_is_shared_without_a_name(attack: Attack) -> None:
    run = attack(
        2,
        ALL_UP
        + """
def shared_pages(pid):
    with open(f"/proc/{pid}/maps") as file:
        return [line.split(maxsplit=5) for line in file if line.split()[1][3] == "s"]

def main():
    all_up()
    pages = [page for process in [psutil.Process(), *run()] for page in shared_pages(process.pid)]
    named = [page for page in pages if page[5:] and page[5].strip() != "/dev/zero (deleted)"]
    # A locale's tables, say, are anybody's, and read-only.
    assert pages and not [page for page in named if "w" in page[1]], named
""",
    )
    assert run == Run(0, "fine\n", "")


def test_a_run_writes_no_file_anywhere(tmp_path: Path) -> None:
    source = program(
        ALL_UP
        + """
def listing():
    found = []
    for folder in sys.argv[1:]:
        for path, folders, files in os.walk(folder):
            found += [os.path.join(path, name) for name in folders + files]
    shm = "/dev/shm"
    mine = os.getuid()
    names = os.listdir(shm) if os.path.isdir(shm) else []
    found += [name for name in names if owner(os.path.join(shm, name)) == mine]
    return sorted(found)

def owner(path):
    try:
        return os.stat(path).st_uid
    except OSError:
        return None

def main():
    all_up()
    shared.setConst(table=bytes(10_000_000))
    far(len, bytes(10_000_000))
    print(listing())
"""
    )
    script = write(tmp_path / "program/script.py")
    script.write_text(source + MAIN)
    folders = [str(tmp_path / name) for name in ("here", "home", "temporary")]
    for folder in folders:
        os.mkdir(folder)
    env = {"HOME": folders[1], "TMPDIR": folders[2]}
    words = ["-m", "scoop", "-n", "3", str(script), *folders]
    shm = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    run = run_python(*words, cwd=tmp_path / "here", env=env)
    assert (run.status, run.err) == (0, "")
    during = set(ast.literal_eval(run.out.splitlines()[0]))
    assert during <= shm
    assert not [name for folder in folders for name in os.listdir(folder)]


def test_no_variable_of_the_environment_is_heeded(scoop_run: RunScoop) -> None:
    source = program("""
        def main():
            print(list(futures.map(give, range(9))), send(give, 1).result())
            print(scoop.SIZE, scoop.DEBUG, scoop.logger.level, scoop.BROKER, scoop.IS_ORIGIN)
        """)
    names = ["BROKER", "DEBUG", "HOSTS", "KEY", "LOG", "N", "OPTIONS", "PATH", "PORT", "RETRIES", "SIZE", "WORKERS"]
    env = {f"{prefix}_{name}": "7" for prefix in ("SCOOP", "scoop") for name in names}
    assert scoop_run(source + MAIN, env={**env, "SCOOP": "7"}) == scoop_run(source + MAIN)


def test_no_variable_of_the_environment_is_named_after_scoop() -> None:
    for path in Path(HOME).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith("SCOOP_"), path


JUNK = {
    "no kind": "bytes(99)",
    "noise": "bytes(range(256)) * 2",
    "a message without end": "frame(Offer, 0xFFFFFFFF, 0)",
    "more bytes than any machine has": "frame(Offer, 0, 1 << 42)",
    "more bytes than there are": "frame(Offer, 0, 1 << 63)",
    "too few numbers": "frame(Offer, 1, 0, 7)",
    "a list longer than its message": "frame(Cancelled, 2, 0, batch, 1 << 40)",
    "a list of negative length": "frame(Cancelled, 2, 0, batch, -5)",
    "buffers that are not there": "frame(Results, 2, 0, batch, 0, buffers=True)",
    "a constant whose name is no text": r'frame(SetConstants, 2, 4, 1, 4) + b"\xff" * 4',
    "a failure to import that is no text": r'frame(StartFailed, 4, 4, 0, 0, 0, 4) + b"\xff" * 4',
    "a broker's message": "encode(AllDone())",
    "a message of another machine's": "encode(Demand(0, 1, True))",
    "a batch of another worker's": "encode(Offer(1, [0], [0], [0], b'', None))",
    "an offer without retries": "encode(Offer(batch + 1, [0, 1], [], [], b'', None))",
    "results of tasks that no worker has": "encode(Results(batch, [99], b'junk', None))",
    "part of a result that no worker has": "encode(PartialResult(batch, 99, b'junk', None)) + encode(AllDone())",
    "tasks given back that it never had": "encode(GiveBack(batch, [77], [], []))",
    "dropped tasks that it never had": "encode(Cancelled(batch, [88]))",
}


@linux
@pytest.mark.parametrize("junk", JUNK)
def test_a_worker_that_sends_what_is_no_message_harms_only_its_task(attack: Attack, junk: str) -> None:
    run = attack(
        2,
        f"""
        import struct
        from scoop.wire import messages
        from scoop.wire.messages import *

        batch = next(batch_ids(0, 0)) + 5

        def frame(message_type, count, length, *numbers, buffers=False):
            header = struct.pack("<BBIQ", messages._KINDS[message_type], buffers, count, length)
            return header + struct.pack(f"<{{len(numbers)}}q", *numbers)

        def scribble(data):
            line = next(int(name) for name in os.listdir("/proc/self/fd") if is_line(name))
            open_gate("found")
            os.write(line, data)

        def is_line(name):
            try:
                return os.readlink(f"/proc/self/fd/{{name}}").startswith("socket:")
            except OSError:  # it was the listing's own
                return False

        def main():
            send(futures.with_retries(scribble, 0), {JUNK[junk]}).exception()
            assert os.path.exists("found") and far(give, 1) == 1
            assert list(futures.map(give, range(9))) == list(range(9))
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert HOME not in run.err


@linux
def test_a_message_whose_rest_never_comes_is_told_of(tmp_path: Path) -> None:
    source = """
    import struct
    from scoop.wire import messages

    def scribble():
        for name in os.listdir("/proc/self/fd"):
            try:
                if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                    os.write(int(name), struct.pack("<BBIQ", 1, 0, 0, 1 << 20))
            except OSError:  # it was the listing's own
                pass
        open_gate("pid")
        return "never heard"

    def main():
        futures.submit(scribble)
        is_open("pid")
        until(lambda: "and sends no more" in open("told").read())
        os._exit(0)
    """
    (tmp_path / "script.py").write_text(program(source) + MAIN)
    tuned = "-X", "scoop_tuning=standing_look_seconds=0.1", "-m", "scoop", "-n", "2", "script.py"
    with open(tmp_path / "told", "w") as told:
        process = subprocess.run([sys.executable, *tuned], cwd=tmp_path, stderr=told, timeout=LIMIT, check=False)
    told_of = (tmp_path / "told").read_text()
    assert process.returncode == 0, told_of
    assert "bytes of a message that is to have 1,048,590" in told_of
