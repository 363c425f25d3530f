"""Coroutines of the program's await futures, in any event loop."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_a_coroutine_awaits_results_and_exceptions(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def work():
            assert await futures.submit(square, 3) == 9
            ended = send(square, 5)
            assert await ended == 25 == await ended
            try:
                await futures.submit(fail, "no")
            except ValueError as error:
                assert str(error) == "no"
            else:
                raise AssertionError
            made_by_hand = Future(None, square, 4)
            assert await made_by_hand == 16
            many = [futures.submit(square, x) for x in range(300)]
            assert await asyncio.gather(*many) == [x * x for x in range(300)]

        def main():
            asyncio.run(work())
            thread = threading.Thread(target=asyncio.run, args=(work(),))  # any thread, any loop
            thread.start()
            thread.join()
        """,
    )


@everywhere
def test_a_task_may_run_an_event_loop_that_awaits(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def tree(depth):
            if not depth:
                return 1
            return sum(await asyncio.gather(*[futures.submit(node, depth - 1) for _ in range(3)]))

        def node(depth):
            return asyncio.run(tree(depth))

        def main():
            assert node(3) == 27
            assert futures.submit(node, 3).result() == 27
            assert list(futures.map(node, [2, 2, 2])) == [9, 9, 9]
        """,
    )


@everywhere
def test_other_coroutines_go_on_while_one_awaits(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def work():
            gated = futures.submit(is_open)
            other = futures.submit(square, 3)
            waiting = asyncio.ensure_future(gated)
            await asyncio.sleep(0)
            if scoop.SIZE > 1:
                assert await other == 9
            open_gate()
            assert await waiting is True
            assert await other == 9

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_a_wait_that_is_cancelled_cancels_what_has_not_begun(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        def gated(x):
            open_gate(f"begun-{x}")
            is_open()

        async def work():
            # The last has begun nowhere, but has most likely been sent to a worker that is busy.
            begun = [asyncio.ensure_future(futures.submit(gated, x)) for x in range(scoop.SIZE)]
            for x in range(scoop.SIZE):
                while not is_there(f"begun-{x}"):
                    await asyncio.sleep(0.005)
            marks_left = [futures.submit(leave_mark, x) for x in range(200)]
            try:
                await asyncio.wait_for(asyncio.gather(*marks_left), 0.1)
            except TimeoutError:
                pass
            else:
                raise AssertionError
            while not all(future.cancelled() for future in marks_left):
                await asyncio.sleep(0.005)
            open_gate()
            assert await asyncio.gather(*begun) == [None] * scoop.SIZE
            assert not marks()
            assert await futures.submit(square, 3) == 9

        def is_there(name):
            return os.path.exists(name)

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_a_shielded_wait_that_is_cancelled_cancels_nothing(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def work():
            future = futures.submit(is_open)
            try:
                await asyncio.wait_for(asyncio.shield(future), 0.05)
            except TimeoutError:
                pass
            open_gate()
            assert await future is True

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_who_awaits_what_another_cancels_gets_cancelled_error(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def work():
            future = Future(None, square, 3)
            assert future.cancel()
            try:
                await future
            except futures.CancelledError:
                return
            raise AssertionError

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_a_failure_that_a_cancelled_wait_has_given_up_is_not_told(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        def fail_later():
            open_gate("begun")
            is_open()
            raise ValueError("unheard")

        async def work():
            waiting = asyncio.ensure_future(futures.submit(fail_later))
            while not os.path.exists("begun"):
                await asyncio.sleep(0.005)
            waiting.cancel()
            await asyncio.wait([waiting])
            open_gate()

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_tasks_suspended_on_the_thread_of_a_loop_go_on_in_it(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def nap(x):
            await asyncio.sleep(0.2 * x)
            return x

        def node(x):
            return futures.submit(nap, x).result()

        async def work(many):
            assert await asyncio.gather(*many) == [0, 1, 2, 1]
            assert [x async for x in futures.amap(node, [1, 0])] == [1, 0]

        def main():
            many = [futures.submit(function, x) for x, function in enumerate([nap, nap, nap])]
            many.append(futures.submit(node, 1))
            assert many[0].result() == 0  # with -n 1, all others are suspended on this thread by then
            asyncio.run(work(many))
        """,
    )


def test_submitting_imports_no_asyncio(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            assert list(futures.map(square, range(9))) == [x * x for x in range(9)]
            assert futures.submit(square, 3).result() == 9
            assert "asyncio" not in sys.modules
            assert not elsewhere(knows_asyncio)

        def knows_asyncio():
            return "asyncio" in sys.modules
        """,
    )
