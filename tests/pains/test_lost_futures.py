"""No future is lost, none is kept, and the work of a map is done."""

from pathlib import Path

from running import Run, RunScoop
from scripts import program


def test_a_long_task_is_not_lost_among_many_short_ones(scoop_run: RunScoop) -> None:
    source = """
    if __name__ == "__main__":
        future = taken(is_open)  # and does not end before many others have
        for number in range(100):
            assert number > 50 or not future.done()
            if number == 50:
                open_gate()
            assert list(futures.map(abs, range(-100, 0))) == list(range(100, 0, -1))
        print(future.result())
    """
    assert scoop_run(program(source)) == Run(0, "True\n", "")


def test_the_books_balance_after_every_kind_of_end(scoop_run: RunScoop) -> None:
    # A run ends with status 0 only when all is off the broker's books; a worker's own are looked at here.
    source = """
    import gc, weakref
    from scoop.errors import ResultNotSent

    class Result:
        pass

    def work(x):
        if x % 7 == 3:
            raise ValueError(x)
        if x % 7 == 5:
            return threading.Lock()
        return Result()

    if __name__ == "__main__":
        kept = []
        for _ in range(30):
            for future in [futures.submit(work, x) for x in range(30)]:
                if future.exception() is None:
                    kept.append(weakref.ref(future.result()))
                kept.append(weakref.ref(future))
            try:
                list(futures.map(work, range(30)))
            except (ValueError, ResultNotSent):
                pass
            lazy = futures.map(abs, range(30))
            next(lazy)
            lazy.close()
            for future in [futures.submit(work, x) for x in range(10)]:
                future.cancel() or future.exception()
            try:
                send(work, 3).result(timeout=0)
            except ValueError:
                pass
        del future, lazy

        def all_freed():
            gc.collect()
            return not any(reference() for reference in kept)

        until(all_freed)
        print("all freed")
    """
    assert scoop_run(program(source)) == Run(0, "all freed\n", "")


def test_a_map_over_endless_inputs_gives_results_at_once(scoop_run: RunScoop) -> None:
    source = """
    import itertools

    if __name__ == "__main__":
        drawn = 0

        def numbers():
            global drawn
            for drawn in itertools.count():
                yield drawn

        for map_ in (futures.map, futures.map_as_completed):
            results = map_(abs, numbers())
            first = [next(results) for _ in range(100)]
            results.close()
            print(len(set(first)), drawn < 10_000)
    """
    assert scoop_run(program(source)) == Run(0, "100 True\n" * 2, "")


def test_a_map_that_nobody_consumes_is_done(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def work(kind, x):
        open(f"{kind}{x}", "w").close()

    if __name__ == "__main__":
        kept = futures.map(work, "a" * 20, range(20))
        unordered = futures.map_as_completed(work, "b" * 20, range(20))
        futures.submit(work, "c", 0)
    """
    assert scoop_run(program(source)) == Run(0, "", "")
    expected = {f"{kind}{x}" for kind in "ab" for x in range(20)} | {"c0"}
    assert {path.name for path in tmp_path.iterdir()} >= expected
