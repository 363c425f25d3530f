"""A worker that is killed takes no run with it."""

import textwrap

from running import Run, RunScoop
from scripts import program

DOOMED = """
    import signal

    def doomed(x):
        \"\"\"Kill the worker, the first that comes here; then be a task like any other.\"\"\"
        time.sleep(0.01)
        if scoop.IS_ORIGIN:
            is_open("killed")  # or it might be through with all before another worker is up
        else:
            try:
                os.close(os.open("killed", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return x * x

    def tree(x):
        return sum(futures.map(doomed, range(x)))
    """


def test_a_run_outlives_a_worker_that_is_killed_in_the_middle_of_a_task(scoop_run: RunScoop) -> None:
    main = """
    if __name__ == "__main__":
        print(list(futures.map(doomed, range(40))) == [x * x for x in range(40)], os.path.exists("killed"))
        print(send(scoop.SIZE.__add__, 1).result())
    """
    assert scoop_run(program(DOOMED) + textwrap.dedent(main)) == Run(0, "True True\n3\n", "")


def test_tasks_of_a_killed_worker_that_waited_for_others_are_run_again(scoop_run: RunScoop) -> None:
    main = """
    if __name__ == "__main__":
        print(send(tree, 30).result(), os.path.exists("killed"))
    """
    expected = Run(0, f"{sum(x * x for x in range(30))} True\n", "")
    assert scoop_run(program(DOOMED) + textwrap.dedent(main), n=3) == expected


def test_a_task_that_kills_its_workers_fails_alone_and_says_how(scoop_run: RunScoop) -> None:
    source = """
    import signal, socket

    def killer():
        os.kill(os.getpid(), signal.SIGKILL)

    def work(x):
        return x + 1

    if __name__ == "__main__":
        others = [futures.submit(work, x) for x in range(10)]
        error = send(killer).exception()
        named = [word in str(error) for word in ("killer", "SIGKILL", "pid", socket.gethostname())]
        print(type(error).__name__, all(named))
        print([future.result() for future in others], send(work, 1).result())
    """
    expected = f"WorkerLost True\n{list(range(1, 11))} 2\n"
    assert scoop_run(program(source)) == Run(0, expected, "")
