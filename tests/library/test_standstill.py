"""A task that waits for a lock, of a task that waits on the same thread, hangs: that is told, with both places."""

from running import RunScoop
from scripts import program


def test_a_task_that_holds_up_the_one_whose_lock_it_wants_is_told_of(scoop_run: RunScoop) -> None:
    source = """
    import logging

    class Tell(logging.Handler):
        def emit(self, record):
            print(record.getMessage(), file=sys.stderr, flush=True)
            open_gate("told")

    logging.getLogger("scoop.run").addHandler(Tell())

    LOCK = threading.Lock()

    def second():
        return LOCK.acquire(timeout=60)

    def first():
        with LOCK:
            elsewhere = taken(is_open)  # so the other worker is busy, and takes no second task
            follower = futures.submit(second)
            open_gate()
            elsewhere.result()
        return follower.result()

    if __name__ == "__main__":
        task = futures.submit(first)
        is_open("told")
        os._exit(0)
    """
    run = scoop_run(program(source), n=2, python=("-X", "scoop_tuning=standstill_seconds=1"))
    assert "a task has stood still for" in run.err, run
    for part in ("in second", "LOCK.acquire(timeout=60)", "in first", "elsewhere.result()", "with_own_thread()"):
        assert part in run.err, part
