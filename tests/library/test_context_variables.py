"""Tasks see the context variables that the script has set."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_tasks_see_the_context_that_the_top_of_the_script_has_set(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import decimal
        decimal.getcontext().prec = 50

        def precision(x):
            return decimal.getcontext().prec, list(futures.map(abs, range(3)))[0]

        def main():
            for _ in range(5):
                assert {p for p, _ in futures.map(precision, range(60))} == {50}
            assert futures.submit(precision, 1).result(timeout=60)[0] == 50
        """,
    )
