"""A program that waits by its own means has its tasks run, also if its process is the only one that can run any."""

from running import RunScoop
from scripts import check


def test_a_program_alone_may_wait_outside_of_scoop_for_its_tasks(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        import asyncio, queue

        def main():
            ended, outcomes, seen = threading.Event(), queue.Queue(), []
            futures.submit(square, 3).add_done_callback(lambda _: ended.set())
            assert ended.wait(60)
            futures.submit(square, 4).add_done_callback(outcomes.put)
            assert outcomes.get(timeout=60).result() == 16
            futures.submit(seen.append, 5)
            until(lambda: seen == [5])
            assert asyncio.run(in_a_loop()) == 36
            rows = futures.map(lambda x: seen.append(x), range(6, 9))
            until(lambda: seen == [5, 6, 7, 8])
            assert [*rows] == [None] * 3

        async def in_a_loop():
            loop, ended = asyncio.get_running_loop(), asyncio.Event()
            future = futures.submit(square, 6)
            future.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))
            await asyncio.wait_for(ended.wait(), 60)
            return future.result()
        """,
    )


def test_tasks_that_a_callback_submits_are_run_as_well(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        def main():
            left, ended = [20], threading.Event()
            def again(_):
                left[0] -= 1
                if left[0]:
                    futures.submit(square, left[0]).add_done_callback(again)
                else:
                    ended.set()
            again(None)
            assert ended.wait(60)
        """,
    )
