"""What the main script sets after its import is the same in tasks, wherever they run."""

from running import RunScoop
from transport.guarded import run_fine


def test_globals_set_under_the_guard_are_there_in_all_tasks(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        import argparse

        def work(x):
            return args.factor * x + table["one"]

        def through_another(x):
            return work(x)

        class Model:
            def evaluate(self, x):
                return args.factor * x

        def slowly(x):
            time.sleep(0.002)
            return args.factor * x
        """,
        """
        args = argparse.Namespace(factor=3)
        table = {"one": 1}
        assert work(2) == 7
        assert far(work, 2) == 7 and send(work, 2).result() == 7
        assert send(through_another, 2).result() == 7
        assert far(Model().evaluate, 2) == 6
        assert send(lambda x: work(x), 2).result() == 7
        assert [*futures.map(slowly, range(300))] == [3 * x for x in range(300)]
        assert futures.mapReduce(slowly, max, range(300)) == 897
        """,
    )


def test_globals_bound_or_changed_under_the_guard_are_not_the_old_ones(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        import types
        number, words, config, settings, same = 1, [], {}, types.SimpleNamespace(level=0), [1]

        def use():
            return number, words, config, settings.level, same

        def main():
            global number
            number = 2
            words.append("a")
            config.update(key=[1])
            settings.level = 3
            assert far(use) == use() == (2, ["a"], {"key": [1]}, 3, [1])
        """,
        """
        main()
        assert far(use) == (2, ["a"], {"key": [1]}, 3, [1])
        """,
    )


def test_each_change_is_seen_by_the_tasks_that_begin_to_travel_after_it(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def use(_=None):
            time.sleep(0.001)
            return step, len(rows)
        """,
        """
        rows = []
        for step in range(20):
            rows.append(step)
            assert far(use) == (step, step + 1)
            assert {*futures.map(use, range(20))} == {(step, step + 1)}
        step, rows = 0, []
        assert far(use) == (0, 0)
        """,
    )


def test_a_change_is_sent_once_and_only_if_a_function_reads_it(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        from scoop.engine import runtime
        from scoop.wire.messages import SetConstants
        constant, listed = 5, [1, 2, 3]

        class Counted:
            loads = 0
            def __setstate__(self, state):
                Counted.loads += 1

        def use():
            return counted is not None, Counted.loads

        def use_what_the_import_gives():
            return constant, listed, os.getpid()
        """,
        """
        unread = list(range(1_000_000))
        counted, sent = Counted(), []
        counted.field = 1
        known = runtime.current.outbox._globals
        send_as_before = known._send
        known._send = lambda message: (sent.append(message), send_as_before(message))
        for _ in range(10):
            there, loads = far(use)
            assert there and loads == 1, loads
            far(use_what_the_import_gives)
        assert len([each for each in sent if isinstance(each, SetConstants)]) == 1, sent
        """,
    )


def test_tasks_of_tasks_see_them_on_all_workers(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def leaf(x):
            time.sleep(0.002)
            return x + offset, scoop.worker

        def branch(x):
            return list(futures.map(leaf, range(x, x + 50)))

        def changes_it():
            global offset
            offset = -1
            return far(read), read()

        def read():
            return offset
        """,
        """
        offset = 1000
        workers = set()
        def all_have_worked():
            for x, rows in enumerate(futures.map(branch, range(4))):
                assert [value for value, _ in rows] == [1000 + x + y for y in range(50)]
                workers.update(worker for _, worker in rows)
            return len(workers) >= 3
        until(all_have_worked)
        assert left_alone(futures.submit(changes_it)).result() == (1000, -1)  # what a worker sets stays there
        """,
        n=3,
    )


def test_a_worker_that_takes_the_place_of_a_dead_one_has_them_too(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def use():
            return setting

        def die_once():
            if not os.path.exists("died"):
                open_gate("died")
                os.kill(os.getpid(), 9)
            return setting
        """,
        """
        setting = [1, 2]
        assert far(use) == [1, 2]
        for _ in range(3):
            assert far(die_once) == [1, 2]
            os.remove("died")
        """,
        n=2,
    )


def test_what_is_each_processs_own_stays_so(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        import random
        lock, here, rng = threading.Lock(), os.getpid(), random.Random()
        connection = None
        is_origin = scoop.IS_ORIGIN

        def connect():
            global connection
            if connection is None:
                connection = threading.Lock(), os.getpid()
            return connection[1]

        def use():
            with lock:
                return here, connect(), rng.random(), is_origin

        def gated(_):
            return use()[2], is_open()
        """,
        """
        assert use()[:2] == (os.getpid(), os.getpid())
        rng.random()
        where, connected, number, was_origin = far(use)
        assert where != os.getpid() and connected == where and not was_origin
        """,
    )


def test_what_a_script_sets_in_two_ways_stays_as_each_process_has_it(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        if scoop.IS_ORIGIN:
            place, log, only_here = "origin", open(__file__), 1
            def where():
                return "origin"
        else:
            place, log = "worker", None
            def where():
                return "worker"

        def use():
            return place, log is None, where(), only_here
        """,
        """
        assert use() == ("origin", False, "origin", 1)
        assert far(use) == ("worker", True, "worker", 1)
        """,
    )


def test_functions_in_a_table_and_in_arguments_are_looked_into(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        import functools

        def work(x):
            return x + offset

        handlers = {"work": work}
        bound = functools.partial(work, 1)

        @functools.lru_cache
        def cached(x):
            return x + offset + 1

        @futures.with_own_thread
        def alone(x):
            return x + offset + 2

        def dispatch(x):
            return handlers["work"](x)

        def others():
            return bound(), cached(1), alone(1)

        def call(function, x):
            return function(x)
        """,
        """
        offset = 10
        assert far(dispatch, 1) == 11
        assert far(others) == (11, 12, 13)
        assert far(call, cached, 1) == 12 and far(call, work, 1) == 11
        assert far(alone, 1) == 13
        """,
    )


def test_values_may_be_of_classes_under_the_guard(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def use():
            return thing, type(thing) is Thing, isinstance(thing, Thing), thing.value()
        """,
        """
        class Thing:
            def value(self):
                return offset
        thing, offset = Thing(), 5
        back, *rest = far(use)
        assert type(back) is Thing and rest == [True, True, 5]
        """,
    )
