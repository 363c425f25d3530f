"""A task that has redirected its output, and waits, finds it as it was, and has caught no output of other tasks."""

from running import RunScoop
from scripts import check, everywhere


def test_a_redirected_stream_stays_with_its_task_while_it_waits(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        4,
        """
        import contextlib, io

        def leaf(x):
            time.sleep(0.05)

        def node(x):
            caught = io.StringIO()
            with contextlib.redirect_stdout(caught):
                print("before", x)
                for future in [futures.submit(leaf, x) for _ in range(5)]:
                    future.result()
                print("after", x)
            return caught.getvalue()

        def main():
            nodes = [futures.submit(node, x) for x in range(12)]
            assert [future.result() for future in nodes] == [f"before {x}\\nafter {x}\\n" for x in range(12)]
            assert sys.stdout is sys.__stdout__
            assert set(futures.map(lambda x: sys.stdout is sys.__stdout__, range(20))) == {True}
        """,
    )


@everywhere
def test_a_stream_that_a_task_sets_for_good_stays_set(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        class Stream:
            def write(self, text): pass
            def flush(self): pass

        def replace(x):
            sys.stdout = STREAM
            time.sleep(0.01)

        def leaf(x):
            time.sleep(0.01)
            return sys.stdout is STREAM

        def node(x):
            list(futures.map(leaf, range(2)))
            return sys.stdout is STREAM

        STREAM = Stream()

        def main():
            futures.run_on_workers(replace, 0)
            assert all(futures.run_on_workers(node, 0)) and all(futures.run_on_workers(node, 0))
            sys.stdout = sys.__stdout__
        """,
    )
