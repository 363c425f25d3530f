"""A task has the context variables of the caller that submitted it, no event loop, and a main thread, anywhere."""

from running import Run, RunScoop
from scripts import check, everywhere, program

CONTEXTS = """
    import contextvars, decimal

    COLOUR = contextvars.ContextVar("colour", default="none")

    def third():
        return str(decimal.Decimal(1) / 3)

    def thirds(inputs):
        return {third() for _ in inputs}

    def colour(*_):
        return COLOUR.get()

    def paint(x):
        before = COLOUR.get()
        COLOUR.set(f"paint {x}")
        return before

    def precise(digits):
        return decimal.localcontext(decimal.Context(prec=digits))

    def nested():
        return [*futures.map(colour, range(3)), futures.submit(colour).result()]

    """


@everywhere
def test_a_task_has_the_context_variables_of_its_submitter(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        with precise(5):
            away, at_home, later = send(third), futures.submit(third), futures.submit(third)
            assert (away.result(), at_home.result()) == ("0.33333", "0.33333")
            plain_map = futures.map(third_of, range(20))
        assert later.result() == "0.33333"
        assert set(plain_map) == {"0.33333"}
        outside, outside_map = futures.submit(third), futures.map(third_of, range(20))
        with precise(7):
            assert len(outside.result()) == 30
            assert {len(third) for third in outside_map} == {30}

    def third_of(_):
        return third()
    """
    check(scoop_run, n, CONTEXTS + body)


@everywhere
def test_variables_of_the_programs_own_travel(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        token = COLOUR.set("red")
        assert elsewhere(colour) == "red"
        assert futures.submit(colour).result() == "red"
        assert set(futures.map(colour, range(50))) == {"red"}
        assert set(elsewhere(nested)) == {"red"} == set(nested())
        COLOUR.reset(token)
        assert elsewhere(colour) == "none"
    """
    check(scoop_run, n, CONTEXTS + body)


@everywhere
def test_what_a_task_sets_no_other_task_sees(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        assert [elsewhere(paint, x) for x in range(3)] == ["none"] * 3
        assert [futures.submit(paint, x).result() for x in range(3)] == ["none"] * 3
        COLOUR.set("red")
        assert [elsewhere(paint, x) for x in range(3)] == ["red"] * 3
        assert [futures.submit(paint, x).result() for x in range(3)] == ["red"] * 3
        assert COLOUR.get() == "red"
    """
    check(scoop_run, n, CONTEXTS + body)


@everywhere
def test_what_of_a_context_cannot_travel_is_left_out(scoop_run: RunScoop, n: int) -> None:
    body = """
    LOCK = contextvars.ContextVar("lock", default=None)

    def main():
        contextvars.ContextVar("of no module").set(5)
        LOCK.set(threading.Lock())
        COLOUR.set("red")
        assert elsewhere(colour) == "red"
        assert futures.submit(LOCK.get).result() is LOCK.get()
    """
    check(scoop_run, n, CONTEXTS + body)


@everywhere
def test_a_task_sees_no_event_loop_but_its_own(scoop_run: RunScoop, n: int) -> None:
    body = """
    import asyncio

    async def twice(x):
        await asyncio.sleep(0)
        return 2 * x

    def leaf(x):
        return asyncio.run(twice(x))

    async def tree(x):
        tasks = [futures.submit(leaf, y) for y in range(x)]
        found = [*futures.map(leaf, range(x)), *[task.result() for task in tasks]]
        assert asyncio.get_running_loop().is_running()
        return found + [await twice(x)]

    def branch(x):
        return asyncio.run(tree(x))

    def main():
        wanted = [0, 2, 4, 0, 2, 4, 6]
        assert branch(3) == wanted
        assert list(futures.map(branch, [3] * 6)) == [wanted] * 6
        assert [task.result() for task in [futures.submit(branch, 3) for _ in range(6)]] == [wanted] * 6
    """
    check(scoop_run, n, body)


def test_tasks_run_on_a_main_thread_however_the_program_waits(scoop_run: RunScoop) -> None:
    source = """
    import signal, sqlite3

    DATABASE = sqlite3.connect(":memory:")
    OF_THREAD = threading.local()
    OF_THREAD.number = 5

    class Late(Exception):
        pass

    def too_late(number, frame):
        raise Late

    def limited(x):
        assert threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGALRM, too_late)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02 if x % 2 else 60)
            if x % 2:
                time.sleep(60)  # no loop: on some Pythons its jump, where a signal strikes, is in no `try`
            return DATABASE.execute("select ?", (OF_THREAD.number,)).fetchone()
        except Late:
            return "late"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    if __name__ == "__main__":
        wanted = [(5,), "late"] * 4
        assert list(futures.map(limited, range(8))) == wanted
        assert list(futures.map(limited, range(8), timeout=60)) == wanted
        assert sorted(futures.map_as_completed(limited, range(8)), key=str) == sorted(wanted, key=str)
        tasks = [futures.submit(limited, x) for x in range(8)]
        assert len(futures.wait(tasks, timeout=60).done) == 8
        assert [task.result() for task in tasks] == wanted
        tasks = [futures.submit(limited, x) for x in range(8)]
        assert [task.result(timeout=60) for task in tasks] == wanted
        assert len([*futures.as_completed([futures.submit(limited, x) for x in range(8)])]) == 8
        print("fine")
    """
    assert scoop_run(program(source), n=2) == Run(0, "fine\n", "")
