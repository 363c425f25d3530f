"""futures.amap: the results of a map for ``async for``."""

import pytest

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_amap_yields_results_in_order_or_as_they_come(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio, itertools, operator

        async def work():
            assert [x async for x in futures.amap(square, range(5000))] == [x * x for x in range(5000)]
            assert [x async for x in futures.amap(operator.add, [1, 2], [3, 4, 5])] == [4, 6]
            assert [x async for x in futures.amap(square, [])] == []
            found = [x async for x in futures.amap(square, range(5000), ordered=False)]
            assert sorted(found) == [x * x for x in range(5000)]
            async for x in futures.amap(square, itertools.count()):
                if x > 10000:
                    break

        def main():
            asyncio.run(work())
        """,
    )


def test_async_for_over_a_map_names_amap(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import asyncio

        async def work():
            async for x in futures.map(square, [1]):
                pass

        def main():
            assert "futures.amap()" in str(raises(TypeError, asyncio.run, work()))
        """,
    )


def test_amap_yields_what_is_there_while_another_call_goes_on(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import asyncio

        def gated(x):
            return x if x else is_open() - 1

        async def work():
            found = [x async for x in opened(futures.amap(gated, range(5), ordered=False))]
            assert found[-1] == 0 and sorted(found) == [0, 1, 2, 3, 4]

        async def opened(results):
            count = 0
            async for x in results:
                yield x
                count += 1
                if count == 4:
                    open_gate()

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_other_coroutines_go_on_while_amap_waits(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        def gated(x):
            return is_open()

        async def take():
            return [x async for x in futures.amap(gated, range(2))]

        async def work():
            taking = asyncio.ensure_future(take())
            await asyncio.sleep(0.01)
            open_gate()
            assert await taking == [True, True]

        def main():
            asyncio.run(work())
        """,
    )


@everywhere
def test_an_exception_of_amap_stands_in_its_place_with_its_input(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        def some(x):
            if x == 3:
                raise ValueError("three")
            return x

        async def some_async(x):
            return some(x)

        async def work(function):
            found = []
            try:
                async for x in futures.amap(function, range(9)):
                    found.append(x)
            except ValueError as error:
                assert error.__notes__ == ["input 3 of the map: 3"], error.__notes__
            assert found == [0, 1, 2]

        def main():
            asyncio.run(work(some))
            asyncio.run(work(some_async))
        """,
    )


@everywhere
def test_amap_has_a_timeout(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def sleeps(x):
            await asyncio.sleep(1000)

        def gated(x):
            is_open()

        async def work(function):
            try:
                async for x in futures.amap(function, range(9), timeout=0.1):
                    raise AssertionError
            except TimeoutError:
                open_gate()
                return
            raise AssertionError

        def main():
            asyncio.run(work(gated))
            asyncio.run(work(sleeps))
        """,
    )


@pytest.mark.thorough
@everywhere
def test_amap_begins_nothing_once_it_is_left_closed_or_cancelled(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def leave_mark_async(x):
            leave_mark(x)
            await asyncio.sleep(0.02)
            return x

        async def leave(results):
            async for _ in results:
                break

        async def close(results):
            await anext(results)
            await results.aclose()

        async def cancel(results):
            async def take():
                async for x in results:
                    taken.set()
            taken = asyncio.Event()
            taking = asyncio.ensure_future(take())
            await taken.wait()
            taking.cancel()
            await asyncio.wait([taking])

        async def work(function, end):
            await end(futures.amap(function, range(3000)))
            seen = -1
            while seen != (seen := marks()):
                await asyncio.sleep(1)
            assert 0 < seen < 2900, seen
            for name in os.listdir():
                if name.startswith("mark-"):
                    os.remove(name)

        def main():
            for function in (leave_mark, leave_mark_async):
                for end in (leave, close, cancel):
                    asyncio.run(work(function, end))
        """,
    )


def test_amap_is_serial_without_workers(scoop_run: RunScoop) -> None:
    run = scoop_run(
        """
        import asyncio
        from scoop import futures

        async def double(x):
            return 2 * x

        async def work():
            assert [x async for x in futures.amap(abs, [-1, 2])] == [1, 2]
            assert [x async for x in futures.amap(double, [1, 2])] == [2, 4]

        if __name__ == "__main__":
            asyncio.run(work())
            assert list(futures.map(double, [1, 2])) == [2, 4]
        """,
        plain=True,
    )
    assert (run.status, run.out) == (0, "")
    assert "RuntimeWarning: futures.amap() runs serially" in run.err
