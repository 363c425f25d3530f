"""The program's threads are waited for, and its exit handlers called, as under plain python."""

import pytest

from running import Run, RunScoop
from scripts import program


@pytest.mark.parametrize("code", ["0", "3"])
@pytest.mark.parametrize("daemon", [False, True])
def test_threads_and_exit_handlers_of_the_program_are_waited_for(
    scoop_run: RunScoop, code: str, daemon: bool
) -> None:
    source = f"""
    import atexit, sys, threading, time

    said = threading.Event()

    def later():
        said.wait()
        time.sleep({60 if daemon else 0.2})
        print("thread")

    if __name__ == "__main__":
        atexit.register(print, "first registered, last called")
        atexit.register(print, "last registered, first called")
        threading.Thread(target=later, daemon={daemon}).start()
        print("main ends", flush=True)
        said.set()
        sys.exit({code})
    """
    ours, plain = scoop_run(source), scoop_run(source, plain=True)
    assert ours == plain
    assert ours.status == int(code)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGINT)", "1 / 0"])
def test_threads_are_waited_for_also_when_the_program_fails(scoop_run: RunScoop, end: str) -> None:
    source = f"""
    import atexit, os, signal, sys, threading, time

    def later():
        time.sleep(0.2)
        print("thread", flush=True)

    if __name__ == "__main__":
        atexit.register(print, "at exit")
        threading.Thread(target=later).start()
        {end}
        time.sleep(60)
    """
    assert scoop_run(source) == scoop_run(source, plain=True)


def test_threads_and_exit_handlers_may_use_futures_after_main_has_ended(scoop_run: RunScoop) -> None:
    source = """
    import atexit

    def work(x):
        return x + 1

    def later():
        time.sleep(0.1)
        print("thread", list(futures.map(work, range(3))))

    if __name__ == "__main__":
        atexit.register(lambda: print("exit handler", list(futures.map(work, range(3)))))
        threading.Thread(target=later).start()
    """
    assert scoop_run(program(source)) == Run(0, "thread [1, 2, 3]\nexit handler [1, 2, 3]\n", "")
