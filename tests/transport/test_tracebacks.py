"""An uncaught error shows the lines of the user's, and none of ours."""

import re

import pytest

from running import RunScoop
from scripts import start

OF_OURS = ("src/scoop", "site-packages/scoop", "greenlet", "runpy", "concurrent/futures")


@pytest.mark.parametrize(
    "call",
    [
        "send(breaks, 7).result()",
        "futures.submit(breaks, 7).result()",
        "futures.submit(breaks, 7).result(timeout=60)",
        "list(futures.map(breaks, [7, 8]))",
        "list(futures.map_as_completed(breaks, [7, 7]))",
        "futures.mapReduce(breaks, max, [7, 7, 7])",
        "futures.mapScan(breaks, max, [7, 7, 7])",
        "breaks(7)",
    ],
)
def test_an_uncaught_error_shows_the_users_lines_and_none_of_ours(scoop_run: RunScoop, call: str) -> None:
    body = f"""
        def breaks(x):
            return dig(x)

        def dig(x):
            raise LookupError(f"nothing at {{x}}")  # here it broke

        def main():
            {call}  # here it was asked for
        """
    run = start(scoop_run, 2, body)
    assert run.status == 1
    for words in ("# here it broke", "# here it was asked for", "LookupError: nothing at 7", "in dig", "in main"):
        assert words in run.err, run.err
    for words in OF_OURS:
        assert words not in run.err, run.err
    inputs = "01" if "as_completed" in call else "0"  # of two that fail, any may be the first to end
    note = rf"\ninput [{inputs}] of the map: 7" if "map" in call else ""
    assert re.search(rf"LookupError: nothing at 7{note}\s*\Z", run.err), run.err


def test_an_error_of_the_call_itself_shows_none_of_ours(scoop_run: RunScoop) -> None:
    for call in "futures.submit(5)", "futures.wait([1])", "futures.submit(time.sleep, 60).result(timeout=0)":
        run = start(scoop_run, 2, f"def main():\n    {call}")
        assert run.status == 1
        assert call in run.err
        assert not any(words in run.err for words in OF_OURS), run.err


def test_notebooks_and_pytest_show_none_of_our_frames(scoop_run: RunScoop) -> None:
    """Both leave out a frame that has a variable of a certain name."""
    calls = (
        "futures.submit(breaks, 7).result()",
        "list(futures.map(breaks, [7]))",
        "futures.mapReduce(breaks, max, [7])",
        "futures.mapScan(breaks, max, [7])",
    )
    body = f"""
        def breaks(x):
            raise LookupError(x)

        def frames(trace):
            while trace is not None:
                yield trace.tb_frame
                trace = trace.tb_next

        def main():
            for call in {calls}:
                try:
                    eval(call)
                except LookupError as error:
                    shown = [f for f in frames(error.__traceback__) if not f.f_locals.get("__tracebackhide__")]
                assert not [f for f in shown if "scoop" in f.f_globals["__name__"].split(".")], (call, shown)
        """
    run = start(scoop_run, 2, body)
    assert run.status == 0, run.err
