"""Programs that are started without SCOOP, or have no main guard, are told what to do."""

import pytest

from running import RunScoop
from scripts import program


def test_without_scoop_maps_are_serial_and_all_else_says_what_to_do(scoop_run: RunScoop) -> None:
    run = scoop_run(
        program(
            """
            from scoop.errors import NotStartedProperly

            def main():
                assert list(futures.map(square, [1, 2, 3])) == [1, 4, 9]
                assert list(futures.map(max, [1, 2], [3, 0])) == [3, 2]
                assert list(futures.map_as_completed(square, [1, 2])) == [1, 4]
                for _ in range(3):
                    assert list(futures.map(square, [2], timeout=5)) == [4]
                ready = Future(None, square, 1)
                for function, *args in [
                    (futures.submit, square, 1),
                    (futures.as_completed, []),
                    (futures.wait, []),
                    (futures.mapReduce, square, max, [1]),
                    (futures.mapScan, square, max, [1]),
                    (shared.getConst, "x"),
                    (shared.delConst, "x"),
                    (shared.SharedElementEncapsulation, square),
                    (ready.result,),
                    (ready.exception,),
                ]:
                    assert "python -m scoop script.py" in str(raises(NotStartedProperly, function, *args))
                raises(NotStartedProperly, shared.setConst, x=1)
                assert futures.shutdown() is None

            if __name__ == "__main__":
                main()
                print("fine")
            """
        ),
        plain=True,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert run.err.count("RuntimeWarning") == 1, run.err
    assert "python -m scoop script.py" in run.err


@pytest.mark.parametrize("n", [2, 4])
def test_without_a_main_guard_there_is_a_clear_error(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(
        """
        import time
        from scoop import futures

        def nap(x):
            time.sleep(0.05)
            return x

        print("at work")
        print(sum(futures.map(nap, range(1000))))
        """,
        n=n,
    )
    assert run.status != 0
    assert 'if __name__ == "__main__":' in run.err
    assert "499500" not in run.out
    assert run.out.count("at work") <= (n + 1 if n > 1 else 1)  # no worker started another
