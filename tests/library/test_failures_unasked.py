"""Failed tasks whose outcome no call asks for: the run says at its end how many there were."""

from running import RunScoop
from scripts import check, everywhere, start

FAIL = """
    def fail(x, kind=ValueError):
        time.sleep(0.01)
        raise kind(x)

    def ask(call, *args):
        try:
            call(*args)
        except (ValueError, KeyError):
            pass

    """

UNASKED = (
    FAIL
    + """
    def main():
        for number in range(5):
            futures.submit(fail, number)  # and dropped
        kept = [futures.submit(fail, 7, KeyError) for _ in range(3)]
        ask(kept[0].result)
        futures.wait(kept)
    """
)


@everywhere
def test_the_end_of_the_run_counts_them_and_shows_the_first(scoop_run: RunScoop, n: int) -> None:
    run = start(scoop_run, n, UNASKED)
    assert run.status == 0
    counts = [line for line in run.err.splitlines() if line.startswith("scoop: ")]
    assert sorted(counts) == [
        "scoop: 2 tasks have failed with KeyError, and the program has not asked for that. The first (SC-33):",
        "scoop: 5 tasks have failed with ValueError, and the program has not asked for that. The first (SC-33):",
    ]
    assert run.err.count("Traceback") == 2
    assert run.err.count(", in fail\n") == 2
    assert run.err.count("  File") == 2
    assert "KeyError: 7" in run.err


@everywhere
def test_not_a_word_of_them_if_only_errors_are_to_be_reported(scoop_run: RunScoop, n: int) -> None:
    check(scoop_run, n, UNASKED, "-q")


@everywhere
def test_results_exceptions_and_callbacks_count_as_asking(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        FAIL
        + """
    def main():
        ask(futures.submit(fail, 1).result)
        assert type(futures.submit(fail, 1).exception()) is ValueError
        futures.submit(fail, 1).add_done_callback(lambda future: None)
        late = futures.submit(fail, 1)
        futures.wait([late])
        late.add_done_callback(lambda future: None)
        for future in futures.as_completed([futures.submit(fail, 1) for _ in range(5)]):
            ask(future.result)
        futures.map(fail, range(5))
        ask(list, futures.map(fail, range(5)))
    """,
    )


@everywhere
def test_a_task_of_a_task_is_counted_wherever_it_ran(scoop_run: RunScoop, n: int) -> None:
    run = start(
        scoop_run,
        n,
        FAIL
        + """
    def leave_behind():
        futures.submit(fail, 1)
        return futures.wait([futures.submit(fail, 2)])[1]

    def main():
        assert send(leave_behind).result() == set()
    """,
    )
    assert run.status == 0
    assert "2 tasks have failed with ValueError" in run.err
