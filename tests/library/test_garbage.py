"""The collector of garbage: off while SCOOP is imported; ever after as python has it, in the program and in tasks."""

from running import RunScoop
from scripts import check, everywhere

GARBAGE = """
    import gc, weakref

    class Circle:
        pass

    def collects():
        circle = Circle()
        circle.itself = circle
        gone = weakref.ref(circle)
        del circle
        until(lambda: [[] for _ in range(10 * gc.get_threshold()[0])] and gone() is None)  # as more is made
        return gc.isenabled(), gc.get_threshold()

    """


@everywhere
def test_garbage_is_collected_in_the_program_and_in_tasks(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        assert collects() == far(collects) == (True, gc.get_threshold())
        assert gc.get_freeze_count() > 10_000, "modules are not looked at"
        assert far(gc.get_freeze_count) > 10_000
    """
    check(scoop_run, n, GARBAGE + body)


def test_maps_waits_and_graphs_leave_nothing_for_the_collector(scoop_run: RunScoop) -> None:
    body = """
    import gc

    def twice():
        assert sum(futures.map(abs, range(10))) == 45
        future = futures.submit(abs, futures.submit(abs, -1))  # which waits, so that its caller does, too
        assert future.result() == 1

    def main():
        twice()
        gc.collect()
        gc.disable()
        twice()
        assert gc.collect() == 0, "circles are left"
    """
    check(scoop_run, 1, body)
