"""Tasks with a thread of their own may hold a lock while they wait, and share it with no other task."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_a_task_with_its_own_thread_may_hold_a_lock_while_it_waits(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        LOCK, AGAIN = threading.Lock(), threading.RLock()
        inside = 0

        def leaf(x):
            time.sleep(0.01)
            return x

        @futures.with_own_thread
        def maps(x):
            "Waits within a lock."
            with LOCK:
                return sum(futures.map(leaf, range(x, x + 4)))

        @futures.with_own_thread
        def submits(x):
            global inside
            with AGAIN:
                inside += 1
                try:
                    return inside, [future.result() for future in [futures.submit(leaf, x) for _ in range(3)]]
                finally:
                    inside -= 1

        def main():
            assert list(futures.map(maps, range(8))) == [4 * x + 6 for x in range(8)]
            assert [future.result() for future in [futures.submit(maps, x) for x in range(8)]][7] == 34
            assert list(futures.map(submits, range(8))) == [(1, [x] * 3) for x in range(8)]
            assert maps.__name__ == "maps" and maps.__doc__ == "Waits within a lock."
        """,
    )


@everywhere
def test_a_task_with_its_own_thread_is_like_any_other(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import contextvars

        WHERE = contextvars.ContextVar("WHERE", default="nowhere")

        def here(x):
            return WHERE.get(), threading.current_thread() is threading.main_thread(), x

        def main():
            WHERE.set("in a task")
            own = futures.with_own_thread(here)
            assert own(1) == ("in a task", False, 1)
            assert elsewhere(own, 2) == ("in a task", False, 2)
            by = 3
            assert list(futures.map(futures.with_own_thread(lambda x: x + by), range(3))) == [3, 4, 5]
            assert "of it" in str(raises(ValueError, elsewhere, futures.with_own_thread(fail), "of it"))
            once = futures.with_own_thread(futures.with_retries(square, 0))
            assert futures.submit(once, 4).result() == 16
            assert futures.submit(futures.with_retries(own, 1), 4).result()[2] == 4
            raises(TypeError, futures.with_own_thread, 5)
        """,
    )
