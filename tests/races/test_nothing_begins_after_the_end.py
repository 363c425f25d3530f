"""When a map has been closed, broken out of, has failed or was cancelled, no more of its rows begin, anywhere."""

import pytest

from running import RunScoop
from scripts import check

BEGINNINGS = """
    GRACE = 1.5  # seconds in which what is on its way may still begin: a tenth of one is what is meant
    WATCHED = 3.0  # seconds after the end in which rows are looked for

    def begin():
        with open("began", "a") as file:
            file.write(f"{os.getpid()} {time.monotonic()}\\n")

    def beginnings():
        with open("began", "a+") as file:
            file.seek(0)
            return [line.split() for line in file if line.endswith("\\n")]

    def spread():
        return len({pid for pid, _ in beginnings()}) == scoop.SIZE

    def nap(x):
        begin()
        time.sleep(0.01)
        return x

    def short(x):
        begin()
        return x

    def nap_and_fail(x):
        begin()
        time.sleep(0.01)
        if x == 60:
            until(spread)
            raise ValueError(x)
        return x

    def none_begins_from_now_on():
        end = time.monotonic()
        time.sleep(WATCHED)
        late = [float(moment) - end for _, moment in beginnings() if float(moment) > end + GRACE]
        assert not late, f"{len(late)} rows began, up to {max(late):.1f} s after the end"
        return True

    LONG = range(8_000)

    """


def ends(scoop_run: RunScoop, n: int, body: str) -> None:
    """Run a program whose maps are long, and expect that it ends soon after they are given up."""
    check(scoop_run, n, BEGINNINGS + body)


workers = pytest.mark.parametrize("n", [1, 2, 3, 8])
both = pytest.mark.parametrize("way", ["map", "map_as_completed"])


@workers
@both
def test_no_row_begins_after_a_map_is_closed(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        results = futures.{way}(nap, LONG)
        for _ in results:
            if spread():
                break
        results.close()
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 8])
@both
def test_no_row_begins_after_a_break_out_of_a_map(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        for _ in futures.{way}(nap, LONG):
            if spread():
                break
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_short_row_begins_after_a_break_out_of_a_map(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for _ in futures.map(short, range(1_000_000)):
            if spread():
                break
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 3])
def test_no_row_begins_after_a_map_of_a_stream_is_closed(scoop_run: RunScoop, n: int) -> None:
    body = """
    import itertools
    read = []

    def inputs():
        for x in itertools.count():
            read.append(time.monotonic())
            yield x

    def main():
        results = futures.map(nap, inputs(), buffersize=2000)
        for _ in results:
            if spread():
                break
        results.close()
        end = time.monotonic()
        none_begins_from_now_on()
        assert not [moment for moment in read if moment > end + GRACE], "inputs were read after the end"
    """
    ends(scoop_run, n, body)


@pytest.mark.thorough
@pytest.mark.parametrize("n", [2, 3])
@both
def test_no_row_begins_after_a_map_is_closed_unconsumed(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        results = futures.{way}(nap, LONG)
        until(lambda: any(int(pid) != os.getpid() for pid, _ in beginnings()))
        results.close()
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
@both
def test_no_row_begins_after_a_row_has_failed(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        raises(ValueError, list, futures.{way}(nap_and_fail, LONG))
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("way", ["mapReduce", "mapScan"])
def test_no_row_begins_after_a_row_of_a_reduction_has_failed(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    import operator

    def main():
        raises(ValueError, futures.{way}, nap_and_fail, operator.add, LONG)
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 3])
def test_no_row_begins_after_a_reduction_operator_has_failed(scoop_run: RunScoop, n: int) -> None:
    body = """
    def joined(first, second):
        if first[0] <= 60 < first[-1] or second[0] <= 60 < second[-1]:
            until(spread)
            raise ValueError("operator")
        return first + second

    def listed(x):
        return [nap(x)]

    def main():
        raises(ValueError, futures.mapReduce, listed, joined, LONG)
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.thorough
@pytest.mark.parametrize("n", [2, 3, 8])
@both
def test_no_row_begins_after_a_task_breaks_out_of_its_map(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def task():
        for _ in futures.{way}(nap, LONG):
            if spread():
                break
        return none_begins_from_now_on()

    def main():
        assert taken(task).result()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 3])
def test_no_row_begins_after_the_map_of_a_failed_task_has_failed(scoop_run: RunScoop, n: int) -> None:
    body = """
    def task():
        return list(futures.map(nap_and_fail, LONG))

    def main():
        assert isinstance(taken(task).exception(), ValueError)
        none_begins_from_now_on()
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 3])
def test_no_row_of_an_inner_map_begins_after_the_outer_is_closed(scoop_run: RunScoop, n: int) -> None:
    body = """
    def outer(y):
        for x in futures.map(nap, range(60)):
            pass
        return y

    def main():
        for _ in futures.map(outer, range(1000)):
            if spread():
                break
        end = time.monotonic()
        time.sleep(4)  # the inner maps of the rows that had begun are through by then
        count = len(beginnings())
        time.sleep(2)
        assert len(beginnings()) == count, "rows went on beginning"
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [2, 3])
def test_no_row_begins_after_an_alarm_has_ended_a_map(scoop_run: RunScoop, n: int) -> None:
    body = """
    import signal

    class Late(Exception):
        pass

    def handler(*_):
        raise Late

    def consume():
        for _ in futures.map(nap, LONG):
            pass

    def main():
        signal.signal(signal.SIGALRM, handler)
        threading.Thread(target=lambda: (until(spread), os.kill(os.getpid(), signal.SIGALRM))).start()
        raises_late()
        none_begins_from_now_on()

    def raises_late():
        try:
            consume()
        except Late:
            return
        raise AssertionError("the alarm was lost")
    """
    ends(scoop_run, n, body)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_task_that_was_cancelled_never_begins(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for round in range(20):
            tasks = [futures.submit(leave_mark, 100 * round + number) for number in range(40)]
            tasks[3].result()
            cancelled = [number for number, task in enumerate(tasks) if task.cancel()]
            assert cancelled or n_begun(round) == 40
            futures.wait(tasks)
            for number, task in enumerate(tasks):
                begun = os.path.exists(f"mark-{100 * round + number}")
                assert begun == (number not in cancelled), (round, number, begun)

    def n_begun(round):
        return sum(os.path.exists(f"mark-{100 * round + number}") for number in range(40))
    """
    check(scoop_run, n, body)
