"""Results come while others of their map are still at work: none waits for the end of what it was handed out with."""

import pytest

from running import RunScoop
from scripts import check

NAPS = """
    import signal

    def nap(x):
        time.sleep(0.3)
        with open("ended", "a") as file:
            file.write(f"{x}\\n")
        return x

    def ended():
        with open("ended", "a+") as file:
            file.seek(0)
            return [int(line) for line in file if line.endswith("\\n")]

    delivered = []

    def when_ended(count, function):
        \"\"\"Have a thread call the function when so many naps have ended.\"\"\"
        def watch():
            until(lambda: len(ended()) >= count)
            function()
        thread = threading.Thread(target=watch)
        thread.start()
        return thread

    def consume(results):
        for result in results:
            delivered.append(result)

    """


def delivers(scoop_run: RunScoop, n: int, body: str) -> None:
    """Run a program, and expect that it got results in time."""
    check(scoop_run, n, NAPS + body)


@pytest.mark.parametrize(("way", "least"), [("map_as_completed", 40), ("map", 24)])
def test_most_results_are_there_when_control_c_comes(scoop_run: RunScoop, way: str, least: int) -> None:
    body = f"""
    def main():
        when_ended(56, lambda: os.kill(os.getpid(), signal.SIGINT))
        try:
            consume(futures.{way}(nap, range(400)))
        except KeyboardInterrupt:
            assert len(delivered) >= {least}, f"of {{len(ended())}} that had ended, {{len(delivered)}} were delivered"
        else:
            raise AssertionError("the interrupt was lost")
    """
    delivers(scoop_run, 8, body)


@pytest.mark.parametrize(("n", "naps", "least"), [(2, 30, 21), (3, 45, 31), (8, 64, 40)])
@pytest.mark.parametrize("way", ["map_as_completed", "map"])
def test_results_come_while_others_are_at_work(scoop_run: RunScoop, n: int, naps: int, least: int, way: str) -> None:
    body = f"""
    def main():
        seen = []
        watch = when_ended({naps}, lambda: seen.append(len(delivered)))
        for result in futures.{way}(nap, range(400)):
            delivered.append(result)
            if seen:
                break
        watch.join()
        assert seen[0] >= {least}, f"when {naps} had ended, {{seen[0]}} were delivered"
    """
    delivers(scoop_run, n, body)


def test_results_of_the_map_of_a_task_come_while_others_are_at_work(scoop_run: RunScoop) -> None:
    body = """
    def task():
        seen = []
        watch = when_ended(48, lambda: seen.append(len(delivered)))
        for result in futures.map_as_completed(nap, range(400)):
            delivered.append(result)
            if seen:
                break
        watch.join()
        return seen[0]

    def main():
        seen = far(task)
        assert seen >= 28, f"when 48 had ended, {seen} were delivered"
    """
    delivers(scoop_run, 8, body)


def test_results_of_a_stream_come_while_others_are_at_work(scoop_run: RunScoop) -> None:
    body = """
    def main():
        seen = []
        watch = when_ended(56, lambda: seen.append(len(delivered)))
        for result in futures.map_as_completed(nap, iter(range(400))):
            delivered.append(result)
            if seen:
                break
        watch.join()
        assert seen[0] >= 32, f"when 56 had ended, {seen[0]} were delivered"
    """
    delivers(scoop_run, 8, body)


@pytest.mark.parametrize("n", [2, 8])
def test_an_ordered_consumer_gets_rows_from_the_front(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        results = futures.map(nap, range(80 * scoop.SIZE // 4))
        for _ in range(4 * scoop.SIZE):
            delivered.append(next(results))
        ahead = sum(x >= 8 * scoop.SIZE for x in ended())
        results.close()
        assert ahead <= 2 * scoop.SIZE, f"{ahead} rows far behind these were done before them"
    """
    delivers(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 8])
def test_the_first_result_does_not_wait_for_the_others(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for way in futures.map, futures.map_as_completed:
            before = len(ended())
            results = way(nap, range(200))
            next(results)
            others = len(ended()) - before
            results.close()
            assert others <= 3 * scoop.SIZE, f"{others} naps had ended when the first was delivered"
    """
    delivers(scoop_run, n, body)


@pytest.mark.parametrize("way", ["map", "map_as_completed"])
def test_rows_that_become_long_do_not_keep_the_results_before_them(scoop_run: RunScoop, way: str) -> None:
    """The program runs all rows itself, and takes many in one loop as long as they are short."""
    check(
        scoop_run,
        1,
        f"""
        begun = []

        def work(row):
            begun.append(row)
            if row >= 4000:
                time.sleep(0.01)
            return row

        def main():
            results = futures.{way}(work, range(8000))
            next(row for row in results if row > 4000)
            results.close()
            assert len(begun) < 4200, f"{{len(begun)}} rows had begun when the first long one was delivered"
        """,
    )
