"""Coroutines that await the workers of an executor or a session, and are calls of theirs."""

from running import RunScoop

from .programs import check


def test_futures_are_awaited_in_sessions_and_blocks(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        async def double(x):
            await asyncio.sleep(0.001)
            return 2 * x

        async def work():
            many = [futures.submit(square, x) for x in range(300)]
            assert await asyncio.gather(*many) == [x * x for x in range(300)]
            assert await futures.submit(double, 3) == 6
            assert [x async for x in futures.amap(square, range(300))] == [x * x for x in range(300)]
            assert [x async for x in futures.amap(double, range(300))] == [2 * x for x in range(300)]

        def main():
            scoop.start(2)
            asyncio.run(work())
            scoop.stop()
            with Executor(2):
                asyncio.run(work())
        """,
    )


def test_what_cannot_travel_is_awaited_in_a_session(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import logging
        logging.getLogger("scoop").setLevel(logging.ERROR)  # it warns that the task stays

        async def work():
            lock = threading.Lock()
            assert await futures.submit(lambda: lock.locked()) is False

        def main():
            scoop.start(2)
            asyncio.run(work())
            scoop.stop()
        """,
    )


def test_executors_take_async_functions(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        async def double(x, times=1):
            await asyncio.sleep(0.001)
            return 2 * x * times

        async def fails(x):
            raise ValueError(x)

        async def meet_others(who, size):
            open(f"here-{who}", "w").close()
            while not all(os.path.exists(f"here-{other}") for other in range(size)):
                await asyncio.sleep(0.01)

        async def tree(depth):
            return 1 if not depth else sum([x async for x in futures.amap(tree, [depth - 1] * 3)])

        async def wrapped(executor):
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(executor, double, 4) == 8
            assert await asyncio.wrap_future(executor.submit(square, 4)) == 16

        def main():
            with Executor(2) as executor:
                assert executor.submit(double, 4, times=3).result() == 24
                assert list(executor.map(double, range(300))) == [2 * x for x in range(300)]
                assert list(executor.map(double, iter(range(9)), buffersize=2)) == [2 * x for x in range(9)]
                raises(ValueError, executor.submit(fails, 3).result)
                raises(ValueError, lambda: list(executor.map(fails, range(3))))
                calls = [executor.submit(meet_others, x, 60) for x in range(60)]
                library.wait(calls)
                assert executor.submit(tree, 4).result() == 81
                asyncio.run(wrapped(executor))
        """,
    )


def test_async_calls_that_cannot_travel_fail(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        async def take(x):
            return 1

        def main():
            with Executor(2) as executor:
                lock = threading.Lock()
                raises(TaskNotSent, executor.submit(take, lock).result)
                raises(TaskNotSent, lambda: list(executor.map(take, [lock])))
                assert list(executor.map(take, range(3))) == [1, 1, 1]
        """,
    )


def test_an_initializer_precedes_async_calls_also_within_a_run(scoop_run: RunScoop) -> None:
    body = """
    import asyncio
    from scoop import Executor
    values = []

    def begin(value):
        values.append(value)

    async def see(x):
        await asyncio.sleep(0.001)
        return values[-1]

    if __name__ == "__main__":
        with Executor(2, initializer=begin, initargs=(5,)) as executor:
            assert set(executor.map(see, range(50))) == {5}
            assert executor.submit(see, 1).result() == 5
    """
    for run in (scoop_run(body, n=2), scoop_run(body, plain=True)):
        assert (run.status, run.err) == (0, "")


def test_async_calls_need_no_import_of_asyncio(scoop_run: RunScoop) -> None:
    body = """
    from scoop import Executor

    async def next_of(x):
        return x + 1

    if __name__ == "__main__":
        with Executor(1) as executor:
            assert executor.submit(next_of, 3).result() == 4
            assert list(executor.map(next_of, [1, 2])) == [2, 3]
    """
    for run in (scoop_run(body, n=2), scoop_run(body, plain=True)):
        assert (run.status, run.err) == (0, "")
