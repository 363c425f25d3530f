"""The program's own threads may use futures."""

from running import Run, RunScoop
from scripts import check, everywhere, start


@everywhere
def test_the_programs_threads_may_use_futures(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def tree(depth):
            if depth == 0:
                return 1
            return sum(futures.map(tree, [depth - 1] * 2))

        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result()

        def use(number, right):
            assert futures.submit(square, number).result() == number**2
            assert futures.submit(square, number).result(timeout=60) == number**2
            assert list(futures.map(square, range(50))) == [i * i for i in range(50)]
            assert list(futures.map(square, range(20), timeout=60)) == [i * i for i in range(20)]
            fs = [futures.submit(square, i) for i in range(20)]
            assert set(futures.as_completed(fs)) == set(fs)
            fs = [futures.submit(square, i) for i in range(20)]
            assert futures.wait(fs).done == set(fs)
            assert sorted(futures.map_as_completed(square, range(9))) == [i * i for i in range(9)]
            assert futures.mapReduce(str, str.__add__, range(20)) == "".join(map(str, range(20)))
            assert futures.submit(tree, 5).result() == 32
            assert futures.submit(nest, 200).result() == 200
            assert poll(futures.submit(square, 3)) == 9
            right.append(number)

        def main():
            for _ in range(3):
                right = []
                threads = [threading.Thread(target=use, args=(i, right)) for i in range(5)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert sorted(right) == [0, 1, 2, 3, 4]
        """,
    )


@everywhere
def test_a_thread_may_outlive_main(scoop_run: RunScoop, n: int) -> None:
    body = """
        def later():
            time.sleep(0.1)
            print(sum(futures.map(square, range(10))), futures.submit(square, 3).result(timeout=60))

        def main():
            threading.Thread(target=later).start()
        """
    assert start(scoop_run, n, body) == Run(0, "fine\n285 9\n", "")
