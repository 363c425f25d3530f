"""Workers import the main script under another name. No task finds that name."""

import textwrap

from running import RunScoop
from scripts import MAIN, check, program


def test_what_a_task_defines_is_of_the_same_module(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import collections, sys

        def names():
            class Outer:
                class Inner:
                    pass
            kinds = Outer, Outer.Inner, collections.namedtuple("Pair", "a b"), type("Made", (), {}), lambda: None
            found = [(kind.__module__, kind.__qualname__) for kind in kinds]
            return __name__, sys.modules["__main__"].__name__, found

        def main():
            assert far(names) == names()
            assert names()[:2] == ("__main__", "__main__")
        """,
    )


def test_a_class_that_comes_back_has_its_name(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import dataclasses

        def make():
            @dataclasses.dataclass
            class Point:
                x: int = 3
            return Point()

        def main():
            assert repr(far(make)) == repr(make()) == "make.<locals>.Point(x=3)"
            assert type(far(make)).__module__ == "__main__"
        """,
    )


def test_loggers_of_the_main_script_have_its_name_and_level(scoop_run: RunScoop) -> None:
    source = """
        import logging
        log, child = logging.getLogger(__name__), logging.getLogger(f"{__name__}.child")

        def speak():
            log.debug("heard"), child.debug("heard as well")
            return log is logging.getLogger(__name__)

        def main():
            logging.basicConfig(format="%(name)s: %(message)s")
            logging.getLogger("__main__").setLevel(logging.DEBUG)
            assert far(speak)
        """
    run = scoop_run(program(textwrap.dedent(source)) + MAIN, n=2)
    assert (run.status, run.err) == (0, "__main__: heard\n__main__.child: heard as well\n")


def test_filters_that_a_task_sets_for_the_main_script_hold(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import warnings

        def warn():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="__main__")
                warnings.warn("heard by nobody")

        def main():
            far(warn)
        """,
    )


def test_code_that_travels_by_value_has_the_name_of_its_file(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import inspect, traceback

        def main():
            twice = lambda x: x + x  # found in the file
            assert far(lambda: inspect.getsource(twice).strip()) == inspect.getsource(twice).strip()
            fails = lambda: 1 / 0  # where it broke
            assert "# where it broke" in "".join(traceback.format_exception(raises(ZeroDivisionError, far, fails)))
        """,
    )
