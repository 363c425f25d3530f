"""What a task raises, or cannot send, fails its one future, and is told with the user's frames."""

from running import HOME, Run, RunScoop
from scripts import program


def test_a_remote_traceback_shows_the_programs_frames_and_none_of_ours(scoop_run: RunScoop) -> None:
    source = """
    def inner(x):
        return 1 / x

    def outer(x):
        return inner(x)

    def main():
        return send(outer, 0).result()

    if __name__ == "__main__":
        main()
    """
    run = scoop_run(program(source))
    assert (run.status, run.out) == (1, "")
    there, here = run.err.split("The above exception was the direct cause of the following exception:")
    for frame in ("in outer\n    return inner(x)\n", "in inner\n    return 1 / x\n"):
        assert frame in there
    for frame in ("in <module>\n    main()\n", "in main\n    return send(outer, 0).result()\n"):
        assert frame in here
    assert there.rstrip().endswith("ZeroDivisionError: division by zero")
    assert here.endswith("ZeroDivisionError: division by zero\n")
    assert HOME not in run.err


def test_the_frames_of_nested_tasks_are_chained(scoop_run: RunScoop) -> None:
    source = """
    def leaf(x):
        raise LookupError(f"no {x}")

    def branch(x):
        return futures.submit(leaf, x).result()

    def tree(x):
        return list(futures.map(branch, [x]))

    if __name__ == "__main__":
        send(tree, "luck").result()
    """
    run = scoop_run(program(source))
    assert run.status == 1
    for name in ("<module>", "tree", "branch", "leaf"):
        assert f", in {name}\n" in run.err
    assert run.err.endswith("LookupError: no luck\ninput 0 of the map: 'luck'\n")
    assert HOME not in run.err


def test_what_cannot_travel_fails_its_one_future_and_the_pool_lives_on(scoop_run: RunScoop) -> None:
    source = """
    class Trap:
        def __init__(self, x):
            self.x = x

        def __reduce__(self):
            if self.x == "there":
                raise ValueError("cannot be pickled")
            return int, ("not a number",)

    class Failed(Exception):
        def __init__(self):
            super().__init__("words")
            self.lock = threading.Lock()

    class Picky(Exception):
        def __init__(self, one, two):
            super().__init__(one)

    def lock(): return threading.Lock()
    def generator(): return (x for x in "abc")
    def nest():
        nest = []
        for _ in range(100_000):
            nest = [nest]
        return nest
    def unpickled_there(): return Trap("there")
    def unpickled_here(): return Trap("here")
    def failed(): raise Failed
    def picky(): raise Picky(1, 2)
    def ends(): sys.exit(3)

    TASKS = lock, generator, nest, unpickled_there, unpickled_here, failed, picky, ends

    if __name__ == "__main__":
        for task in TASKS:
            print(task.__name__, type(send(task).exception()).__name__)
            assert send(abs, -1).result() == 1
    """
    run = scoop_run(program(source))
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines() == [
        "lock ResultNotSent",
        "generator ResultNotSent",
        "nest ResultNotSent",
        "unpickled_there ResultNotSent",
        "unpickled_here ResultNotSent",
        "failed Failed",
        "picky Picky",
        "ends SystemExit",
    ]


def test_an_exception_that_cannot_even_be_formatted_fails_its_one_future(scoop_run: RunScoop) -> None:
    source = """
    class NoStr(Exception):
        def __str__(self):
            raise RuntimeError("no words")
        __repr__ = __str__

    class ExitsWhenFormatted(Exception):
        def __str__(self):
            sys.exit(9)
        __repr__ = __str__

    class NotEvenText(Exception):
        def __str__(self):
            return 5

    def fail(kind, *args):
        raise kind(*args)

    class NoRepr:
        def __repr__(self):
            raise RuntimeError

    if __name__ == "__main__":
        for kind in (NoStr, ExitsWhenFormatted, NotEvenText):
            print(type(send(fail, kind).exception()) is kind)
        print(type(send(fail, ValueError, NoRepr()).exception()) is ValueError)
        print(send(abs, -1).result())
    """
    assert scoop_run(program(source)) == Run(0, "True\n" * 4 + "1\n", "")


def test_words_about_what_cannot_travel_are_short(scoop_run: RunScoop) -> None:
    source = """
    class Wordy:
        def __reduce__(self):
            raise TypeError("it stays here")

        def __repr__(self):
            return "word " * 1_000_000

    def make():
        return Wordy()

    def take(tripwire, wordy):
        pass

    if __name__ == "__main__":
        print(len(str(send(make).exception())) < 1000)
        print(tried(take, Wordy()).result())
        try:
            futures.submit(Wordy())
        except TypeError as error:
            print(len(str(error)) < 1000)
    """
    run = scoop_run(program(source))
    assert (run.status, run.out) == (0, "True\nNone\nTrue\n")
    assert len(run.err) < 1000
