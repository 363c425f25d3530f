"""The rows of the reference's "Constants and objects", in its order: one test for each, named after it."""

import textwrap

import pytest

from running import RunScoop
from scripts import check, start

CONSTANTS = """
def constants():
    return scoop.IS_ORIGIN, scoop.BROKER, scoop.DEBUG, scoop.IS_RUNNING, scoop.worker, os.getpid(), scoop.SIZE

def here_and_there():
    there = elsewhere(constants)
    assert there[5] != os.getpid()
    return constants(), there
"""


def test_is_origin(scoop_run: RunScoop) -> None:
    body = """
        def main():
            here, there = here_and_there()
            assert here[0] is True and there[0] is False
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))
    check(scoop_run, 1, "def main():\n    assert scoop.IS_ORIGIN is True")


def test_broker(scoop_run: RunScoop) -> None:
    body = """
        import socket

        def main():
            for broker in (here_and_there()[0][1], here_and_there()[1][1]):
                assert broker._fields == ("hostname", "task_port", "info_port", "externalHostname")
                assert broker == (socket.gethostname(), None, None, socket.gethostname())
                assert type(broker).__name__ == "BrokerInfo"
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))


@pytest.mark.parametrize("debug", [False, True])
def test_debug(scoop_run: RunScoop, debug: bool) -> None:
    body = f"""
        def main():
            here, there = here_and_there()
            assert here[2] is {debug} and there[2] is {debug}
        """
    run = start(scoop_run, 2, CONSTANTS + textwrap.dedent(body), *(["--debug"] if debug else []))
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_is_running(scoop_run: RunScoop) -> None:
    body = """
        assert scoop.IS_RUNNING is True  # also while workers import the script

        def main():
            here, there = here_and_there()
            assert here[3] is True and there[3] is True
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))


def test_worker(scoop_run: RunScoop) -> None:
    body = """
        def main():
            here, there = here_and_there()
            assert isinstance(here[4], tuple) and len(here[4]) == len(there[4]) == 2
            assert here[4] != there[4]  # unique in the pool
            assert here[4].broker == there[4].broker == here[4][1]
            assert here[4].worker == here[4][0] and here[4].worker != there[4].worker
            assert here[6] == there[6] == 2
        """
    check(scoop_run, 2, CONSTANTS + textwrap.dedent(body))


def test_logger(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def say(text):
            scoop.logger.info(text)
            scoop.logger.debug("this is not to be seen")

        def main():
            assert isinstance(scoop.logger, logging.Logger)
            say("said in the origin")
            elsewhere(say, "said on a worker")
        """
    run = start(scoop_run, 2, body)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    said = [line.partition(" INFO ") for line in run.err.splitlines()]
    assert sorted(text for _, _, text in said) == ["said in the origin", "said on a worker"]
    assert len({before.split()[-1] for before, _, _ in said}) == 2, "each line names its worker"


def test_a_programs_own_setup_of_logging_wins(scoop_run: RunScoop) -> None:
    body = """
        import logging
        logging.basicConfig(format="mine: %(message)s", level=logging.INFO)

        def say(text):
            scoop.logger.info(text)

        def main():
            say("said in the origin")
            elsewhere(say, "said on a worker")
        """
    run = start(scoop_run, 2, body)
    assert sorted(run.err.splitlines()) == ["mine: said in the origin", "mine: said on a worker"]


def test_constants_in_a_program_started_plainly(scoop_run: RunScoop) -> None:
    run = scoop_run(
        """
        import logging
        import scoop
        from scoop import futures, shared, _types
        assert scoop.IS_RUNNING is False
        assert scoop.IS_ORIGIN is True
        assert scoop.futures is futures
        assert scoop.__version__.startswith("1.")
        assert scoop.BROKER is None
        assert scoop.worker is None
        assert scoop.DEBUG is False
        assert scoop.SIZE == 1
        assert isinstance(scoop.logger, logging.Logger)
        print("fine")
        """,
        plain=True,
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", "")
