"""Functions made by ``async def`` are tasks: many of them run at a time on each worker."""

import pytest

from running import RunScoop
from scripts import check, everywhere, start


@everywhere
def test_async_functions_are_tasks_of_every_call(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio
        from functools import partial

        class Adder:
            def __init__(self, n):
                self.n = n
            async def add(self, x):
                await asyncio.sleep(0)
                return self.n + x
            async def __call__(self, x):
                return self.n + x

        async def double(x, times=1):
            await asyncio.sleep(0.001)
            return 2 * x * times

        def main():
            assert futures.submit(double, 4, times=2).result() == 16
            assert send(double, 4).result() == 8
            assert list(futures.map(double, range(300))) == [2 * x for x in range(300)]
            found = list(futures.map_as_completed(double, range(300)))
            assert sorted(found) == [2 * x for x in range(300)]
            assert list(futures.map(double, [1, 2], [3, 4])) == [6, 16]
            assert list(futures.map(double, iter(range(300)))) == [2 * x for x in range(300)]
            assert list(futures.map(double, range(9), buffersize=2)) == [2 * x for x in range(9)]
            assert futures.mapReduce(double, max, range(5)) == 8
            assert futures.submit(Adder(3).add, 4).result() == 7 == futures.submit(Adder(3), 4).result()
            assert futures.submit(partial(double, times=3), 1).result() == 6
            assert futures.submit(futures.with_retries(double, 0), 1).result() == 2
            assert futures.submit(futures.with_own_thread(double), 1).result() == 2
            assert list(futures.map(lambda x: double(x).close(), [1])) == [None]
        """,
    )


@everywhere
def test_many_coroutines_run_at_a_time_on_a_worker(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def meet_others(meeting, who, size):
            open(f"{meeting}.{who}", "w").close()
            while not all(os.path.exists(f"{meeting}.{other}") for other in range(size)):
                await asyncio.sleep(0.01)

        def main():
            size = 60
            fs = [futures.submit(meet_others, "tasks", x, size) for x in range(size)]
            for future in fs:
                future.result()
            list(futures.map(meet_others, ["rows"] * size, range(size), [size] * size))
        """,
    )


@everywhere
def test_no_more_coroutines_run_on_a_worker_than_the_bound(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio
        now = most = 0

        async def count(x):
            global now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            return most

        def main():
            # One more may run for each caller that waits for it.
            assert 1 < max(futures.map(count, range(600))) <= 102
            fs = [futures.submit(count, x) for x in range(600)]
            assert 1 < max(future.result() for future in fs) <= 102
        """,
    )


@everywhere
def test_coroutines_wait_for_coroutines_to_any_depth(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def tree(depth):
            if not depth:
                await asyncio.sleep(0.001)
                return 1
            return sum(await asyncio.gather(*[futures.submit(tree, depth - 1) for _ in range(3)]))

        async def tree_of_maps(depth):
            if not depth:
                return await futures.submit(abs, -1)
            return sum([x async for x in futures.amap(tree_of_maps, [depth - 1] * 3)])

        def main():
            assert futures.submit(tree, 6).result() == 729
            assert futures.submit(tree_of_maps, 5).result() == 243
            assert sum(futures.map(tree, [3] * 150)) == 27 * 150  # more than the bound at each level
        """,
    )


@everywhere
def test_a_coroutine_sees_the_context_of_its_submitter(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio, contextvars
        variable = contextvars.ContextVar("variable", default=0)

        async def see(x):
            found = variable.get()
            variable.set(x)
            await asyncio.sleep(0.001)
            assert variable.get() == x
            return found

        def main():
            variable.set(5)
            assert set(futures.map(see, range(50))) == {5}
            assert {future.result() for future in [futures.submit(see, x) for x in range(50)]} == {5}
        """,
    )


@everywhere
def test_what_a_coroutine_raises_is_its_own(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def fail_soon(kind, *args):
            await asyncio.sleep(0.001)
            raise kind(*args)

        def main():
            for kind in (ValueError, SystemExit, KeyboardInterrupt, asyncio.CancelledError):
                raises(kind, futures.submit(fail_soon, kind, 3).result)
                raises(kind, send(fail_soon, kind, 3).result)
            raises(TypeError, futures.submit(fail_soon).result)
            assert futures.submit(square, 3).result() == 9
        """,
    )


@everywhere
def test_a_cancelled_wait_cancels_the_coroutine_that_runs(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def wait(name):
            open_gate(f"{name}-begun")
            try:
                await asyncio.sleep(1000)
            finally:
                open_gate(f"{name}-ended")

        async def begun(name):
            while not os.path.exists(f"{name}-begun"):
                await asyncio.sleep(0.005)

        async def work():
            waiting = asyncio.ensure_future(futures.submit(wait, "task"))
            await begun("task")
            waiting.cancel()
            await asyncio.wait([waiting])
            results = futures.amap(wait, ["row"])
            taking = asyncio.ensure_future(anext(results))
            await begun("row")
            taking.cancel()
            await asyncio.wait([taking])

        def main():
            asyncio.run(work())
            results = futures.map(wait, ["map"])
            until(os.path.exists, "map-begun") if scoop.SIZE > 1 else None
            results.close()
            for name in ["task", "row"] + ["map"] * (scoop.SIZE > 1):
                until(os.path.exists, f"{name}-ended")
        """,
    )


@everywhere
def test_the_run_ends_when_coroutines_have_that_nobody_waits_for(scoop_run: RunScoop, n: int) -> None:
    run = start(
        scoop_run,
        n,
        """
        import asyncio

        async def leave_mark_late(x):
            await asyncio.sleep(0.3)
            leave_mark(x)

        def spawn():
            for x in range(5, 10):
                futures.submit(leave_mark_late, x)

        def main():
            print_at_end(marks)
            for x in range(5):
                futures.submit(leave_mark_late, x)
            futures.submit(spawn)
        """,
    )
    assert (run.status, run.out, run.err) == (0, "fine\n10\n", "")


@everywhere
def test_a_program_that_wants_no_more_ends_before_its_coroutines(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def wait(x):
            open_gate(f"begun-{x}")
            await asyncio.sleep(1000)

        def main():
            fs = [futures.submit(wait, x) for x in range(5)]
            if scoop.SIZE > 1:
                until(os.path.exists, "begun-0")
            futures.shutdown(wait=False, cancel_futures=True)
        """,
    )


@pytest.mark.parametrize("how", ["submit", "map"])
def test_coroutines_run_again_when_their_worker_has_died(scoop_run: RunScoop, how: str) -> None:
    check(
        scoop_run,
        2,
        f"""
        import asyncio
        how = {how!r}

        async def die_once(x):
            await asyncio.sleep(0.01)
            if x == 20 and not os.path.exists("died"):
                open_gate("died")
                os.kill(os.getpid(), 9)
            return x

        def main():
            if how == "map":
                found = list(futures.map(die_once, range(200)))
            else:
                fs = [futures.submit(die_once, x) for x in range(200)]
                for future in fs:
                    left_alone(future)
                found = [future.result() for future in fs]
            assert found == list(range(200))
        """,
        "-q",
    )


@everywhere
def test_ordinary_tasks_go_on_beside_coroutines_that_wait(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def wait(x):
            while not os.path.exists("gate"):
                await asyncio.sleep(0.01)
            return x

        def main():
            waiting = [futures.submit(wait, x) for x in range(20)]
            results = futures.map(wait, range(20))
            assert futures.submit(square, 3).result() == 9
            assert list(futures.map(square, range(100))) == [x * x for x in range(100)]
            open_gate()
            assert [future.result() for future in waiting] == list(range(20)) == list(results)
        """,
    )


@everywhere
def test_results_of_coroutines_come_as_they_end(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def wait(x):
            while x and not os.path.exists(f"gate-{x}"):
                await asyncio.sleep(0.01)
            return x

        def opening(results):
            for result in results:
                yield result
                open_gate(f"gate-{result + 1}")

        def main():
            assert list(opening(futures.map_as_completed(wait, range(9, -1, -1)))) == list(range(10))
            for x in range(10):
                if os.path.exists(f"gate-{x}"):
                    os.remove(f"gate-{x}")
            fs = [futures.submit(wait, x) for x in range(9, -1, -1)]
            assert list(opening(future.result() for future in futures.as_completed(fs))) == list(range(10))
        """,
    )


@everywhere
def test_a_program_of_coroutines_need_not_import_asyncio(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        async def inner(x):
            assert await futures.submit(abs, x) == abs(x)
            return abs(x)

        async def outer(x):
            return await futures.submit(inner, x)

        def plain(x):
            return futures.submit(outer, x).result()

        def main():
            assert futures.submit(outer, -3).result() == 3
            assert list(futures.map(plain, [-1, -2])) == [1, 2]
        """,
    )
