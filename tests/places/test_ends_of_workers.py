"""Workers end as processes do: their exit handlers run, temporary folders go, and nothing of theirs stays behind."""

from pathlib import Path

import pytest

from running import RunScoop
from scripts import program

LEFT_BEHIND = """
    import atexit, multiprocessing.util, tempfile, weakref

    class Owner:
        pass

    OWNED = []

    def mark(kind):
        open(f"{kind}-{os.getpid()}", "w").close()

    def own(x):
        owner = Owner()
        weakref.finalize(owner, mark, "finalize")
        multiprocessing.util.Finalize(owner, mark, ("multiprocessing",), exitpriority=1)
        OWNED.extend([owner, tempfile.TemporaryDirectory(dir=".", prefix="folder")])
        atexit.register(mark, "atexit")
        mark("ran")
        return os.getpid()

    """


def pids_that_left(folder: Path, kind: str) -> set[str]:
    return {path.name.partition("-")[2] for path in folder.glob(f"{kind}-*")}


def see_that_all_was_tidied_up(folder: Path) -> None:
    ran = pids_that_left(folder, "ran")
    assert ran
    for kind in ("atexit", "finalize", "multiprocessing"):
        assert pids_that_left(folder, kind) == ran
    assert not list(folder.glob("folder*"))


@pytest.mark.parametrize("options", [(), ("--max-tasks-per-worker", "1")])
def test_what_tasks_registered_runs_when_their_worker_ends(
    scoop_run: RunScoop, tmp_path: Path, options: tuple[str, ...]
) -> None:
    source = """
    if __name__ == "__main__":
        print(len({send(own, x).result() for x in range(3)}))
    """
    run = scoop_run(program(LEFT_BEHIND + source), options=options)
    assert (run.status, run.err) == (0, "")
    see_that_all_was_tidied_up(tmp_path)


@pytest.mark.parametrize("busy", ["time.sleep(300)", "while True: pass", "futures.submit(time.sleep, 300).result()"])
def test_what_a_task_registered_runs_also_when_the_end_finds_it_at_work(
    scoop_run: RunScoop, tmp_path: Path, busy: str
) -> None:
    source = f"""
    def work():
        own(1)
        open_gate()
        {busy}

    if __name__ == "__main__":
        futures.submit(work)
        is_open()
        raise SystemExit(3)
    """
    assert scoop_run(program(LEFT_BEHIND + source)).status == 3
    see_that_all_was_tidied_up(tmp_path)


@pytest.mark.parametrize(
    "handler",
    ["time.sleep(300)", "sys.exit(5)", "1 / 0", "print('x' * 10**6)", "os._exit(6)", "futures.submit(abs, 1)"],
)
def test_no_exit_handler_of_a_worker_disturbs_the_end(scoop_run: RunScoop, handler: str) -> None:
    source = f"""
    import atexit, sys

    def handle():
        if not scoop.IS_ORIGIN:
            {handler}

    def register():
        atexit.register(handle)

    if __name__ == "__main__":
        send(register).result()
        print("fine", flush=True)
    """
    run = scoop_run(program(source))
    assert run.status == 0
    assert run.out.startswith("fine\n")


def test_a_pool_of_processes_that_a_task_keeps_ends_with_its_worker(scoop_run: RunScoop) -> None:
    source = """
    from concurrent.futures import ProcessPoolExecutor

    POOL = []

    def use_pool(x):
        if not POOL:
            POOL.append(ProcessPoolExecutor(1))
        return POOL[0].submit(abs, x).result()

    if __name__ == "__main__":
        print(send(use_pool, -4).result())
    """
    run = scoop_run(program(source))
    assert (run.status, run.out, run.err) == (0, "4\n", "")
