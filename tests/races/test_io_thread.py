"""The thread that sends and receives runs no code of the program's, whatever that code is for."""

import pytest

from running import RunScoop
from scripts import check, program

THREADS = """
    import re

    def here(what):
        \"\"\"Note which thread this is.\"\"\"
        with open("threads", "a") as file:
            file.write(f"{what}: {threading.current_thread().name}\\n")

    def noted(what):
        with open("threads", "a+") as file:
            file.seek(0)
            return [line.strip() for line in file if line.startswith(what)]

    def none_on_the_io_thread(*expected):
        for what in expected:
            assert noted(what), f"{what} was never called: nothing is shown"
        wrong = {line for line in noted("") if re.search(": scoop-(io|link)", line)}
        assert not wrong, wrong

    def kill_once():
        if not scoop.IS_ORIGIN:
            try:
                os.close(os.open("killed", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
            os.kill(os.getpid(), 9)

    class Pickled:
        def __init__(self, x):
            self.x = x

        def __getstate__(self):
            here("pickle")
            return {"x": self.x}

        def __setstate__(self, state):
            here("unpickle")
            self.x = state["x"]

    def made(x):
        here("unpickle by a function")
        return Reduced(x)

    class Reduced:
        def __init__(self, x):
            self.x = x

        def __reduce__(self):
            here("pickle by a function")
            return made, (self.x,)

    def take_and_make(kind, argument):
        time.sleep(0.002)
        return kind(argument.x)

    """

few = pytest.mark.parametrize("n", [2, 3])
kinds = pytest.mark.parametrize("kind", ["Pickled", "Reduced"])


@few
@pytest.mark.parametrize("way", ["mapReduce", "mapScan"])
@pytest.mark.parametrize("killed", [False, True])
def test_reduction_operators_run_elsewhere(scoop_run: RunScoop, n: int, way: str, killed: bool) -> None:
    body = f"""
    def work(x):
        if {killed}:
            kill_once()
        time.sleep(0.002)
        return x

    def add(a, b):
        here("operator")
        return a + b

    def main():
        total = futures.{way}(work, add, range(400))
        assert total in (79800, [x * (x + 1) // 2 for x in range(400)])
        none_on_the_io_thread("operator")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_reduction_operators_may_submit_tasks_after_a_kill(scoop_run: RunScoop, n: int) -> None:
    body = """
    def work(x):
        kill_once()
        time.sleep(0.002)
        return x

    def part(x):
        time.sleep(0.002)
        return x

    def add(a, b):
        return sum(task.result() for task in [futures.submit(part, value) for value in (a, b, 0)])

    def main():
        assert futures.mapReduce(work, add, range(200)) == 19900
    """
    check(scoop_run, n, THREADS + body)


@few
@kinds
def test_arguments_and_results_are_pickled_elsewhere(scoop_run: RunScoop, n: int, kind: str) -> None:
    body = f"""
    def main():
        for _ in range(3):
            assert elsewhere(take_and_make, {kind}, {kind}(3)).x == 3
            tasks = [futures.submit(take_and_make, {kind}, {kind}(x)) for x in range(50)]
            assert [task.result().x for task in tasks] == list(range(50))
        none_on_the_io_thread("pickle", "unpickle")
    """
    check(scoop_run, n, THREADS + body)


@few
@kinds
@pytest.mark.parametrize("way", ["map", "map_as_completed"])
def test_rows_are_pickled_elsewhere(scoop_run: RunScoop, n: int, kind: str, way: str) -> None:
    body = f"""
    from functools import partial

    def main():
        inputs = [{kind}(x) for x in range(300)]
        results = futures.{way}(partial(take_and_make, {kind}), inputs)
        assert sorted(result.x for result in results) == list(range(300))
        results = futures.{way}(partial(take_and_make, {kind}), iter(inputs))
        assert sorted(result.x for result in results) == list(range(300))
        none_on_the_io_thread("unpickle")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_exceptions_are_unpickled_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    class Bad(Exception):
        pass

    def bad():
        raise Bad(Reduced(3))

    def main():
        for _ in range(3):
            assert isinstance(send(bad).exception(), Bad)
        tasks = [futures.submit(bad) for _ in range(20)]
        assert all(isinstance(task.exception(), Bad) for task in tasks)
        none_on_the_io_thread("unpickle by a function")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_constants_are_unpickled_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    def read(x):
        time.sleep(0.005)
        return shared.getConst("constant").x

    def main():
        shared.setConst(constant=Pickled(5))
        assert far(read, 0) == 5
        assert set(futures.map(read, range(100))) == {5}
        none_on_the_io_thread("unpickle")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_callbacks_run_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        called = []
        def watch(task):
            here("callback")
            called.append(task)
        tasks = [futures.submit(leave_mark, x) for x in range(60)]
        for task in tasks:
            task.add_done_callback(watch)
        futures.wait(tasks)
        left = [left_alone(futures.submit(give, x)) for x in range(5)]
        cancelled = futures.submit(leave_mark, 1000)
        cancelled.add_done_callback(watch)
        cancelled.cancel()
        futures.wait([cancelled])
        until(lambda: len(called) == 61)
        none_on_the_io_thread("callback")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_callbacks_may_wait_for_tasks(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        called = []
        def watch(task):
            called.append(futures.submit(square, task.result()).result() + sum(futures.map(give, range(3))))
        tasks = [futures.submit(leave_mark, x) for x in range(30)]
        for task in tasks:
            task.add_done_callback(watch)
        futures.wait(tasks)
        until(lambda: futures.wait(tasks, timeout=0) and len(called) == 30)
        assert sorted(called) == [x * x + 3 for x in range(30)]
    """
    check(scoop_run, n, THREADS + body)


@few
def test_arguments_of_lost_tasks_are_shown_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    from scoop.errors import WorkerLost

    class Shown:
        def __repr__(self):
            here("repr")
            return "Shown()"

    def die(shown):
        if scoop.IS_ORIGIN:
            time.sleep(0.05)
            return None
        os.kill(os.getpid(), 9)

    def main():
        lost = [task for task in [send(die, Shown()) for _ in range(3)] if task.exception()]
        assert all(isinstance(task.exception(), WorkerLost) and "Shown()" in str(task.exception()) for task in lost)
        assert lost, "no worker died"
        none_on_the_io_thread("repr")
    """
    check(scoop_run, n, THREADS + body, "--retries", "0", "-q")


@few
def test_finalizers_of_arguments_and_results_run_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    import gc
    gc.disable()  # the collector runs finalizers on whatever thread it strikes

    class Finalized:
        def __init__(self, x):
            self.x = x

        def __del__(self):
            here("finalizer")

    def main():
        for _ in range(3):
            assert elsewhere(take_and_make, Finalized, Finalized(3)).x == 3
            tasks = [futures.submit(take_and_make, Finalized, Finalized(x)) for x in range(50)]
            assert [task.result().x for task in tasks] == list(range(50))
            del tasks
            dropped = [futures.submit(take_and_make, Finalized, Finalized(x)) for x in range(50)]
            del dropped
        rows = (Finalized(x) for x in range(300))
        from functools import partial
        assert [result.x for result in futures.map(partial(take_and_make, Finalized), rows)] == list(range(300))
        gc.collect()  # here, not when the interpreter ends
        none_on_the_io_thread("finalizer")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_inputs_of_maps_are_read_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    class Sequence:
        def __len__(self):
            here("length")
            return 1000

        def __getitem__(self, index):
            here("item")
            if isinstance(index, slice):
                return list(range(1000))[index]
            if index >= 1000:
                raise IndexError
            return index

    def stream():
        for x in range(1000):
            here("stream")
            yield x

    def nap(x):
        time.sleep(0.001)
        return x

    def main():
        for way in futures.map, futures.map_as_completed:
            assert sorted(way(nap, Sequence())) == list(range(1000))
            assert sorted(way(nap, stream())) == list(range(1000))
        none_on_the_io_thread("item", "stream")
    """
    check(scoop_run, n, THREADS + body)


@few
def test_a_callable_object_runs_and_is_named_elsewhere(scoop_run: RunScoop, n: int) -> None:
    body = """
    class Callable:
        def __getattribute__(self, name):
            if not name.startswith("__reduce") and name not in ("__class__", "__dict__"):
                here("attribute " + name)
            return object.__getattribute__(self, name)

        def __call__(self, x):
            here("call")
            return x

    def main():
        assert far(Callable(), 1) == 1
        assert sorted(futures.map(Callable(), range(500))) == list(range(500))
        none_on_the_io_thread("call")
    """
    check(scoop_run, n, THREADS + body)


def test_the_io_thread_would_be_noticed(scoop_run: RunScoop) -> None:
    body = """
    def main():
        named = [thread.name for thread in threading.enumerate()]
        assert any(name.startswith(("scoop-io", "scoop-link")) for name in named), named
    """
    run = scoop_run(program(body) + "\nif __name__ == '__main__':\n    main()\n    print('fine')\n", n=2)
    assert (run.status, run.out) == (0, "fine\n"), run.err
