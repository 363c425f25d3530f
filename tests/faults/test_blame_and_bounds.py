"""Whom a death is blamed on, and what must not go on for ever."""

import pytest

from faults.seams import HELPERS
from running import Run, RunScoop
from scripts import MAIN, program


@pytest.mark.thorough
def test_a_batch_too_large_for_a_workers_memory_fails_or_runs_elsewhere(scoop_run: RunScoop) -> None:
    source = """
    import resource

    if not scoop.IS_ORIGIN:
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + (32 << 20), resource.RLIM_INFINITY))
        threading.excepthook = lambda _: open("deaf", "w").close()

    def main():
        large = futures.submit(len, bytes(128 << 20))
        ended = threading.Event()
        large.add_done_callback(lambda _: ended.set())
        until(lambda: ended.is_set() or os.path.exists("deaf"))
        if not ended.is_set():
            print("its worker is deaf", flush=True)
            os._exit(9)
        assert send(abs, -1).result() == 1
    """
    run = scoop_run(program(source) + MAIN, n=2)
    assert (run.status, run.out) == (0, "fine\n")


def test_a_task_whose_mere_arrival_kills_every_worker_is_given_up(scoop_run: RunScoop) -> None:
    source = """
    # As the system does with who takes in more than there is memory for.
    before(Inbox, "accept", lambda inbox, message: b"POISON" in message.body and die_on_arrival())

    def die_on_arrival():
        if not scoop.IS_ORIGIN:
            open(f"arrived-{os.getpid()}", "w").close()
            os.kill(os.getpid(), signal.SIGKILL)

    def arrivals():
        return sum(name.startswith("arrived-") for name in os.listdir())

    def main():
        task = futures.submit(len, b"POISON")
        ended = threading.Event()
        task.add_done_callback(lambda _: ended.set())
        until(lambda: ended.is_set() or arrivals() > 50)
        if not ended.is_set():
            print("it goes on for ever", flush=True)
            os._exit(9)
        assert type(task.exception()).__name__ == "WorkerLost"
    """
    assert scoop_run(HELPERS + program(source)[len(program("")) :] + MAIN, n=2) == Run(0, "fine\n", "")


def test_a_worker_that_retires_leaves_no_result_behind(scoop_run: RunScoop) -> None:
    source = """
    from types import SimpleNamespace
    from scoop.engine.stealing import result_sender

    def is_service():
        return threading.current_thread().name in ("scoop-io", "scoop-service")

    if not scoop.IS_ORIGIN:  # the system lets first the I/O thread run, and then the main one
        flush, pickle = ResultSender.flush, result_sender.pickle

        def flush_later(self):
            if self.waiting and not is_service():
                until(lambda: not self.waiting)
            flush(self)

        def dump_slowly(*args):
            if is_service():
                time.sleep(0.5)
            return pickle.dumps(*args)

        ResultSender.flush = flush_later
        result_sender.pickle = SimpleNamespace(loads=pickle.loads, dumps=dump_slowly)

    def work():
        open(f"ran-{os.getpid()}", "w").close()
        return 1

    def runs():
        return sum(name.startswith("ran-") for name in os.listdir())

    def main():
        task = futures.submit(work)
        ended = threading.Event()
        task.add_done_callback(lambda _: ended.set())
        until(lambda: ended.is_set() or runs() > 1)
        if runs() > 1:
            print("it ran twice", flush=True)
            os._exit(9)
    """
    options = ("--retries", "0", "--max-tasks-per-worker", "1")
    run = scoop_run(HELPERS + program(source)[len(program("")) :] + MAIN, n=2, options=options)
    assert run == Run(0, "fine\n", "")


DROPPED = """
    if not scoop.IS_ORIGIN:
        is_open("go")
        try:
            os.close(os.open("one", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            until(lambda: deaths() > 0)  # the others come when that one has died

    WAYS = WAYS[-1:]
    cut(Cancelled, 0)

    def first():
        open("begun", "w").close()
        until(lambda: deaths() > 0)

    def unwanted(x):
        open(f"unwanted-{x}", "w").close()

    def main():
        # All of these are in the worker's first batch, which is half of what there is, and in this order.
        tasks = [futures.submit(futures.with_retries(first, 1))] + [futures.submit(square, x) for x in range(5)]
        results = futures.map(unwanted, range(5))
        others = [futures.submit(square, x) for x in range(12)]
        open_gate("go")
        is_open("begun")
        results.close()
        until(lambda: deaths() > 0)
        for task in [*tasks, *others]:
            left_alone(task)
        {check}
"""
"""A worker that has thrown away what nobody wants, and dies before it can say so."""


def test_what_waits_is_not_blamed_when_what_is_not_wanted_was_thrown_away(scoop_run: RunScoop) -> None:
    source = program(DROPPED.replace("{check}", "assert [task.exception() for task in tasks] == [None] * 6"))
    run = scoop_run(HELPERS + source[len(program("")) :] + MAIN, n=2, options=("--retries", "0"))
    assert run == Run(0, "fine\n", "")


def test_what_is_not_wanted_does_not_run_after_its_worker_has_died(scoop_run: RunScoop) -> None:
    source = program(DROPPED.replace("{check}", 'assert not [n for n in os.listdir() if n.startswith("unwanted-")]'))
    run = scoop_run(HELPERS + source[len(program("")) :] + MAIN, n=2, options=("--retries", "9"))
    assert run == Run(0, "fine\n", "")
