"""Methods as tasks: the function that runs elsewhere is the one that would run here."""

from pathlib import Path

from running import RunScoop, run_python
from scripts import check, program

METHODS = """
import functools

def renaming(function):
    def wrapper(self, x):
        return "wrapped", function(self, x)
    return wrapper

class Meta(type):
    def make(cls, x):
        return "meta", cls.__name__, x

class Base(metaclass=Meta):
    def __private(self, x):
        return "private", self.tag, x
    def method(self, x):
        return "base", self.tag, x
    @classmethod
    def shared(cls, x):
        return "base", cls.__name__, x
    @renaming
    def renamed(self, x):
        return self.tag, x
    alias = method
    def ways(self):
        return [self.__private, self.alias, self.renamed]

class Sub(Base):
    def __init__(self, tag):
        self.tag = tag
        self.shadowed = 5
    def method(self, x):
        return "sub", self.tag, x
    @classmethod
    def shared(cls, x):
        return "sub", cls.__name__, x
    @classmethod
    def base_shared(cls):
        return super().shared
    def shadowed(self, x):
        return "shadowed", x
    def ways(self):
        shadowed = functools.partial(Sub.shadowed.__get__(self))
        added = added_later.__get__(self)
        bases = [super().method, self.base_shared(), shadowed, added]
        return [*super().ways(), *bases, self.method, self.shared, Sub.shared, Sub.make]

class Catching(Sub):
    def __getattr__(self, name):
        if name.endswith("__"):
            raise AttributeError(name)
        return lambda x: ("caught", name, x)

class Slotted:
    __slots__ = ("tag",)
    def __private(self, x):
        return "slotted", self.tag, x
    def ways(self):
        self.tag = "s"
        return [self.__private]

def added_later(self, x):
    return "added", self.tag, x

def call(function, x):
    return function(x)

"""

MAIN = """
def main():
    for thing in Sub("a"), Catching("b"), Slotted():
        for method in thing.ways():
            here = method(7)
            assert far(method, 7) == far(call, method, 7) == here, (method, here)
            assert left_alone(futures.submit(method, 7)).result() == here
            assert set(futures.map(method, [7] * 20)) == {here}
"""


def test_a_method_runs_elsewhere_as_it_would_here(scoop_run: RunScoop) -> None:
    check(scoop_run, 2, METHODS + MAIN)


def test_methods_of_classes_within_functions_too(scoop_run: RunScoop) -> None:
    lines = [*METHODS.splitlines(), *MAIN.replace("def main():", "if True:").splitlines()]
    check(scoop_run, 2, "\n".join(["def main():", *(f"    {line}" for line in lines)]))


def test_methods_of_classes_of_a_program_without_a_file_too(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "-n", "2", "-", cwd=tmp_path, stdin=program(METHODS + MAIN + "\nmain()"))
    assert (run.status, run.err) == (0, "")


def test_a_programs_own_pickles_of_methods_need_no_scoop(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import pickle

        class Plain:
            def method(self):
                pass

        def main():
            assert b"scoop" not in pickle.dumps(Plain().method) + pickle.dumps(Plain.method)
        """,
    )
