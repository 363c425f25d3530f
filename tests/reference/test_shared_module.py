"""The rows of the reference's "Shared module", in its order: one test for each, named after it."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_shared_shared_element_encapsulation(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            thrice = shared.SharedElementEncapsulation(lambda x: 3 * x)
            assert thrice(2) == 6
            assert list(futures.map(thrice, range(50))) == [3 * i for i in range(50)]
        """,
    )


@everywhere
def test_shared_get_const(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def read(name, timeout):
            return shared.getConst(name, timeout=timeout)

        def main():
            shared.setConst(table={"a": 1})
            assert shared.getConst("table") == {"a": 1}
            assert shared.getConst("table", 5) == {"a": 1}
            assert futures.submit(read, "table", 0).result() == {"a": 1}
            assert [t["a"] for t in futures.map(read, ["table"] * 20, [0.1] * 20)] == [1] * 20
            assert shared.getConst("nothing", timeout=0.2) is None
            threading.Timer(0.2, shared.setConst, kwargs={"late": 7}).start()
            assert shared.getConst("late", timeout=60) == 7
            assert shared.getConst("nothing", timeout=0) is None
        """,
    )


@everywhere
def test_shared_set_const(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert shared.setConst(one=1, two="two", function=square) is None
            assert (shared.getConst("one"), shared.getConst("two")) == (1, "two")
            assert shared.getConst("function")(3) == 9
            raises(TypeError, shared.setConst, one=3)  # defined once
            assert shared.getConst("one") == 1
        """,
    )
