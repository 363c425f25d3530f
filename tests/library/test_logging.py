"""What tasks log on workers is handled by the program, as it has set up logging."""

import textwrap

from running import RunScoop
from scripts import MAIN, check, program, start

SET_UP = """
import logging

class Keep(logging.Handler):
    def __init__(self):
        super().__init__()
        self.records, self.threads = [], set()

    def emit(self, record):
        self.threads.add(threading.current_thread().name)
        self.records.append(record)

def set_up(level):
    keep = Keep()
    logging.getLogger().addHandler(keep)
    logging.getLogger().setLevel(level)
    return keep

def texts(keep):
    return [record.getMessage() for record in keep.records]
"""


def _check(scoop_run: RunScoop, body: str) -> None:
    check(scoop_run, 2, SET_UP + textwrap.dedent(body))


def test_records_of_workers_have_the_programs_format(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def say(text):
            logging.info(text)
            logging.getLogger("some.module").debug("not to be seen")
            return scoop.worker.worker

        def main():
            logging.basicConfig(format="%(scoop_worker)s|%(levelname)s|%(name)s|%(message)s", level=logging.INFO)
            print(say("here"), elsewhere(say, "there"))
        """
    run = start(scoop_run, 2, body)
    here, there = run.out.split()[:2]
    assert run.err.splitlines() == [f"{here}|INFO|root|here", f"{there}|INFO|root|there"]


def test_the_levels_of_the_program_hold_on_workers(scoop_run: RunScoop) -> None:
    body = """
        def levels():
            loggers = logging.getLogger(), logging.getLogger("a"), logging.getLogger("a.b")
            return [logger.getEffectiveLevel() for logger in loggers] + [logging.getLogger("a").isEnabledFor(30)]

        def nested(): return elsewhere(levels)

        def main():
            keep = set_up(logging.DEBUG)
            assert far(levels) == [10, 10, 10, True]
            logging.getLogger("a").setLevel(logging.ERROR)
            assert far(levels) == far(nested) == [10, 40, 40, False]
            logging.getLogger("a").setLevel(logging.NOTSET)
            logging.disable(logging.WARNING)
            assert far(levels) == [10, 10, 10, False]
        """
    _check(scoop_run, body)


def test_records_of_a_worker_keep_their_order(scoop_run: RunScoop) -> None:
    body = """
        def say(rows):
            for row in rows:
                logging.getLogger("some.module").info("%d", row)

        def main():
            keep = set_up(logging.INFO)
            elsewhere(say, range(1000))
            until(lambda: len(keep.records) == 1000)
            assert texts(keep) == [str(row) for row in range(1000)]
            assert "scoop-io" not in keep.threads, keep.threads
        """
    _check(scoop_run, body)


def test_no_record_is_lost_when_the_program_ends(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def say(row):
            time.sleep(0.01)
            logging.info("row %d", row)

        def main():
            logging.basicConfig(format="%(message)s", level=logging.INFO)
            for row in range(20):
                futures.submit(say, row)
        """
    run = start(scoop_run, 2, body)
    assert sorted(run.err.splitlines()) == sorted(f"row {row}" for row in range(20))


def test_a_record_that_was_sent_is_handled_before_an_early_exit(scoop_run: RunScoop) -> None:
    body = """
        import logging

        class Slow(logging.StreamHandler):
            def emit(self, record):
                time.sleep(0.2)
                super().emit(record)

        def main():
            logging.basicConfig(format="%(message)s", level=logging.INFO, handlers=[Slow()])
            elsewhere(lambda: [logging.info("row %d", row) for row in range(5)])
            sys.exit(3)
        """
    run = start(scoop_run, 2, body)
    assert (run.status, run.err.splitlines()) == (3, [f"row {row}" for row in range(5)])


def test_records_carry_errors_and_what_the_program_adds(scoop_run: RunScoop) -> None:
    body = """
        def say():
            try:
                fail("on purpose")
            except ValueError:
                extra = {"number": 7, "lock": threading.Lock()}
                logging.getLogger("some.module").exception("it went %s", "wrong", extra=extra)
            return os.getpid(), scoop.worker.worker

        def main():
            keep = set_up(logging.INFO)
            pid, worker = elsewhere(say)
            until(lambda: keep.records)
            [record] = keep.records
            assert (record.process, record.scoop_worker, record.number) == (pid, worker, 7)
            assert record.lock.startswith("<unlocked _thread.lock"), record.lock
            assert record.funcName == "say"
            text = logging.Formatter().format(record)
            assert text.startswith("it went wrong\\nTraceback") and text.endswith("ValueError: on purpose"), text
        """
    _check(scoop_run, body)


def test_a_library_that_logs_to_nowhere_is_heard_by_the_program(scoop_run: RunScoop) -> None:
    body = """
        logging.getLogger("library").addHandler(logging.NullHandler())

        def main():
            keep = set_up(logging.INFO)
            elsewhere(logging.getLogger("library.part").info, "heard")
            until(lambda: keep.records)
            assert texts(keep) == ["heard"]
        """
    _check(scoop_run, body)


def test_a_handler_of_the_imported_script_keeps_its_records(scoop_run: RunScoop) -> None:
    body = """
        import logging
        own = logging.getLogger("own")
        own.addHandler(logging.StreamHandler())

        def main():
            logging.basicConfig(format="program: %(message)s")
            elsewhere(own.warning, "from a worker")
        """
    assert start(scoop_run, 2, body).err == "from a worker\n"


def test_a_task_may_set_up_logging_in_its_worker(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def say():
            logging.basicConfig(format="worker: %(message)s", level=logging.INFO)
            logging.info("said")

        def main():
            elsewhere(say)
        """
    assert start(scoop_run, 2, body).err == "worker: said\n"


def test_the_logger_of_scoop_follows_the_programs_set_up(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def main():
            logging.basicConfig(format="mine: %(message)s", level=logging.INFO)
            elsewhere(scoop.logger.info, "said")
        """
    assert start(scoop_run, 2, body).err == "mine: said\n"


def test_without_any_set_up_warnings_are_printed_as_plainly(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def say():
            logging.getLogger("some.module").info("not to be seen")
            logging.getLogger("some.module").warning("seen")

        def main():
            elsewhere(say)
        """
    assert start(scoop_run, 2, body).err == "seen\n"


def test_a_failing_handler_of_the_program_stops_nothing(scoop_run: RunScoop) -> None:
    body = """
        import logging

        class Fails(logging.Filter):
            def filter(self, record):
                raise ValueError("the filter fails")

        def main():
            logging.getLogger("bad").addFilter(Fails())
            elsewhere(logging.getLogger("bad").warning, "lost")
            elsewhere(logging.getLogger("good").warning, "said")
        """
    run = start(scoop_run, 2, body)
    assert (run.status, run.out) == (0, "fine\n")
    assert "the filter fails" in run.err
    assert run.err.endswith("said\n")


def test_a_handler_may_wait_for_tasks(scoop_run: RunScoop) -> None:
    body = """
        class Asks(logging.Handler):
            def emit(self, record):
                self.answer = futures.submit(square, 7).result()

        def main():
            handler = Asks()
            logging.getLogger("asks").addHandler(handler)
            elsewhere(logging.getLogger("asks").warning, "what is it?")
            until(lambda: getattr(handler, "answer", None) == 49)
        """
    _check(scoop_run, body)


def test_a_thread_that_logs_without_end_does_not_keep_the_run(scoop_run: RunScoop) -> None:
    body = """
        def log():
            while True:
                logging.info("and on")

        def begin():
            threading.Thread(target=log, daemon=True).start()

        def main():
            keep = set_up(logging.INFO)
            elsewhere(begin)
            until(lambda: len(keep.records) > 10)
        """
    _check(scoop_run, body)


def test_a_child_of_a_task_logs_by_itself(scoop_run: RunScoop) -> None:
    body = """
        import logging, warnings
        warnings.simplefilter("ignore")  # from 3.12 on Python warns of forks beside threads

        def forks():
            if pid := os.fork():
                return os.waitpid(pid, 0)[1]
            logging.getLogger("child").warning("said by a child")
            os._exit(0)

        def main():
            assert elsewhere(forks) == 0
        """
    assert start(scoop_run, 2, body).err == "said by a child\n"


def test_exit_handlers_of_workers_can_log(scoop_run: RunScoop) -> None:
    source = """
        import atexit, logging

        def late(): logging.getLogger("late").warning("said at the end")

        def main():
            elsewhere(atexit.register, late)
        """
    run = scoop_run(program(source) + MAIN, n=2)
    assert (run.status, run.err) == (0, "said at the end\n")
