"""A program that waits for its own children sees none of SCOOP's processes."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_wait_sees_only_children_of_the_program(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import warnings
        warnings.simplefilter("ignore")  # from 3.12 on Python warns of forks beside threads

        def forked(status):
            pid = os.fork()
            if pid == 0:
                os._exit(status)
            return pid

        def main():
            assert sum(futures.map(square, range(1000))) == sum(x * x for x in range(1000))
            for wait in os.wait, lambda: os.waitpid(-1, 0), lambda: os.wait3(0)[:2]:
                raises(ChildProcessError, wait)
                pid = forked(7)
                assert wait() == (pid, 7 << 8)
                raises(ChildProcessError, wait)
            raises(ChildProcessError, os.waitid, os.P_ALL, 0, os.WEXITED)
            assert elsewhere(square, 3) == 9
        """,
    )


def test_all_processes_of_a_run_are_below_the_programs(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import psutil

        def main():
            until(lambda: len(psutil.Process().children(recursive=True)) == scoop.SIZE + 2)
            [broker] = psutil.Process().children()
            assert scoop.worker.broker.endswith(f":{broker.pid}")
        """,
    )


def test_the_death_of_the_broker_sends_the_program_no_signal(scoop_run: RunScoop) -> None:
    run = scoop_run(
        """
        import os, signal, time
        import psutil
        from scoop import futures

        if __name__ == "__main__":
            signal.signal(signal.SIGCHLD, lambda *_: print("a child", flush=True))
            [broker] = psutil.Process().children()
            broker.kill()
            while True:
                time.sleep(0.01)
        """
    )
    assert (run.status, run.out) == (70, "")
    assert "the broker has died" in run.err
