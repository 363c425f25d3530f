"""Large arrays: they travel beside the messages, and arrive writable; a large constant is there once."""

from running import RunScoop
from scripts import check, everywhere

NUMPY = """
    import numpy

    LENGTH = 100_000  # of eight bytes each

    def change(array):
        assert array.flags.writeable
        array[0] += 1
        return array

    """


@everywhere
def test_arrays_arrive_writable_both_ways_and_the_callers_stays_as_it_was(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        array = numpy.arange(LENGTH, dtype=float)
        back = far(change, array)
        assert back[0] == 1 and back[1] == 1 and back[-1] == LENGTH - 1
        assert scoop.SIZE == 1 or array[0] == 0
        back[1] = 7  # it is ours
        again = far(change, array[::2])  # not in one piece
        assert again.sum() == array[::2].sum() + (scoop.SIZE > 1)
        small, large = far(give, [numpy.ones(3), array])
        small[0] = large[0] = 5
    """
    check(scoop_run, n, NUMPY + body)


def test_many_arrays_in_many_tasks(scoop_run: RunScoop) -> None:
    body = """
    def main():
        arrays = [numpy.full(LENGTH // 4, float(i)) for i in range(600)]
        back = list(futures.map(change, arrays))
        assert [array[1] for array in back] == list(range(600))
        fresh = (numpy.full(LENGTH // 4, float(i)) for i in range(600))
        seen = sorted((array[1], array[0]) for array in futures.map_as_completed(change, fresh))
        assert seen == [(i, i + 1) for i in range(600)]
    """
    check(scoop_run, 3, NUMPY + body)


def test_a_task_that_is_run_again_gets_the_array_as_it_was_sent(scoop_run: RunScoop) -> None:
    body = """
    import signal

    def change_and_die(array):
        first = array[0]
        array[0] += 1
        if not os.path.exists("died"):
            open("died", "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return first

    def main():
        assert send(change_and_die, numpy.zeros(LENGTH)).result() == 0
        assert os.path.exists("died")
    """
    check(scoop_run, 2, NUMPY + body)


def test_no_descriptor_stays_open(scoop_run: RunScoop) -> None:
    body = """
    def count():
        import gc
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    from scoop.wire.shared_buffers import MOST_PLACES  # what is kept on purpose

    def main():
        list(futures.map(change, [numpy.ones(LENGTH)] * 20))
        before = count(), far(count)
        for _ in range(10):
            list(futures.map(change, [numpy.ones(LENGTH)] * 20))
        until(lambda: count() <= before[0] + MOST_PLACES and far(count) <= before[1] + MOST_PLACES)
    """
    check(scoop_run, 2, NUMPY + body)


@everywhere
def test_a_large_constant_is_one_copy_and_each_writes_to_its_own(scoop_run: RunScoop, n: int) -> None:
    body = """
    def look(value):
        array = shared.getConst("table")
        seen = array[0]
        array[0] = value
        return seen

    def main():
        shared.setConst(table=numpy.zeros(LENGTH))
        assert shared.getConst("table").sum() == 0
        assert far(look, 3) == 0
        assert shared.getConst("table")[0] == (0 if scoop.SIZE > 1 else 3)
    """
    check(scoop_run, n, NUMPY + body)


def test_the_memory_of_a_large_constant_is_shared(scoop_run: RunScoop) -> None:
    body = """
    import psutil

    def used():
        run = [psutil.Process(), *psutil.Process().children(recursive=True)]
        return sum(process.memory_full_info().pss for process in run)

    def use(meeting, who):
        total = 0 if meeting == "came" else shared.getConst("table").sum()
        meet(meeting, who, scoop.SIZE)
        return total

    def in_all_workers(meeting):
        return set(futures.map(use, [meeting] * scoop.SIZE, range(scoop.SIZE)))

    def main():
        size = 100 << 20
        in_all_workers("came")
        before = used()  # what the processes need themselves is another matter
        shared.setConst(table=numpy.ones(size // 8))
        assert in_all_workers("met") == {size // 8}
        assert used() - before < 2 * size, (before, used())
    """
    check(scoop_run, 4, NUMPY + body)
