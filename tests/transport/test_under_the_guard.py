"""What is defined under the main guard, in ``exec``, or anew, is sent: workers have nothing of that name."""

import textwrap
import zipfile
from pathlib import Path

from running import RunScoop, run_python, write
from scripts import PRELUDE, program


def run_fine(scoop_run: RunScoop, top: str, under_the_guard: str) -> None:
    """Run a program; expect success, and not a word on stderr."""
    lines = "".join(f"    {line}\n" for line in (*program(under_the_guard).removeprefix(PRELUDE).splitlines(), ""))
    run = scoop_run(program(top) + f'if __name__ == "__main__":\n{lines}\n    print("fine")\n')
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_a_function_under_the_guard_runs_on_another_worker(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def at_the_top(x):
            return under(x) + 1
        """,
        """
        factor = 3

        def under(x):
            return factor * x

        def fact(n):
            return 1 if n == 0 else n * fact(n - 1)

        def spawn(x):
            return far(under, x) + far(at_the_top, x)

        assert far(under, 2) == 6 and far(fact, 5) == 120
        assert far(at_the_top, 2) == 7
        assert far(spawn, 2) == 13
        assert [*futures.map(under, range(50))] == [3 * x for x in range(50)]
        assert futures.mapReduce(under, lambda a, b: a + b, range(50)) == 3 * sum(range(50))
        """,
    )


def test_instances_of_a_class_under_the_guard_are_of_it_on_both_sides(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def inspect(thing):
            return isinstance(thing, Local), type(thing).__name__, thing.value(), thing
        """,
        """
        import collections, dataclasses, enum
        offset = 10

        class Base:
            pass

        class Local(Base):
            def __init__(self, x):
                self.x = x
            def value(self):
                return self.x + offset
            @classmethod
            def made(cls, x):
                return cls(x)

        @dataclasses.dataclass
        class Data:
            x: int

        Pair = collections.namedtuple("Pair", "a b")
        Colour = enum.Enum("Colour", "RED BLUE")

        method = Local.value
        is_local, name, value, back = far(inspect, Local(5))
        assert (is_local, name, value) == (True, "Local", 15) and type(back) is Local
        assert far(Local(6).value) == 16 and type(far(Local.made, 1)) is Local
        assert {type(each) for each in futures.map(Local, range(20))} == {Local}
        assert far(give, Local) is Local and Local.value is method and Local.__bases__ == (Base,)
        assert far(give, Data(1)) == Data(1) and far(Data, 2) == Data(2)
        assert far(give, Pair(1, 2)) == Pair(1, 2) and type(far(Pair, 1, 2)) is Pair
        assert far(give, Colour.RED) is Colour.RED and far(Colour, 2) is Colour.BLUE
        """,
    )


def test_an_exception_of_a_class_under_the_guard_is_caught_as_it(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        "",
        """
        class Refused(Exception):
            def __init__(self, code, *, reason):
                super().__init__(code)
                self.reason = reason

        def refuse(code):
            try:
                raise Refused(code, reason="inner")
            except Refused as inner:
                raise Refused(code + 1, reason="outer") from inner

        error = send(refuse, 1).exception()
        assert type(error) is Refused and error.args == (2,) and error.reason == "outer"
        (note,) = [each for each in (error.__cause__, error.__cause__.__cause__) if type(each) is Refused]
        assert note.reason == "inner"
        try:
            list(futures.map(refuse, range(5)))
        except Refused as error:
            assert error.args == (1,)
        """,
    )


def test_what_is_made_by_exec_travels(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        "",
        """
        source = '''
        base = 2
        def power(x):
            return base ** x
        class Made:
            pass
        def make():
            return Made()
        '''
        import textwrap
        apart, named = {}, {"__name__": "__main__"}
        for space in apart, named, globals():
            exec(textwrap.dedent(source), space)
            assert far(space["power"], 5) == 32
            assert type(far(space["make"])) is space["Made"] and type(far(give, space["Made"]())) is space["Made"]
        """,
    )


def test_what_is_defined_anew_is_not_taken_for_what_workers_have(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def work(x):
            return "old"

        class Thing:
            name = "old"

        def name_of_thing():
            return Thing.name, work(0)
        """,
        """
        old, old_thing = work, Thing
        assert far(work, 1) == "old" and far(name_of_thing) == ("old", "old")

        def work(x):
            return "new"

        class Thing:
            name = "new"

        assert far(work, 1) == "new" and far(old, 1) == "old"
        assert far(name_of_thing) == ("new", "new")
        assert type(far(give, Thing())) is Thing and type(far(give, old_thing())) is old_thing
        """,
    )


def test_modules_imported_under_the_guard_are_there_in_tasks(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        def work(x):
            return json.dumps(x) + str(floor(2.5))
        """,
        """
        import json
        from math import floor
        assert far(work, [1]) == "[1]2"
        """,
    )


def test_what_is_typed_into_the_debugger_travels(scoop_run: RunScoop) -> None:
    source = program(
        """
        def main():
            local = 1
            breakpoint()

        if __name__ == "__main__":
            breakpoint()
            main()
        """
    )
    typed = "exec('def twice(x): return 2 * x')\nprint('far', far(twice, 21))\ncontinue\n"
    run = scoop_run(source, stdin=typed + typed)
    assert (run.status, run.err) == (0, "")
    assert run.out.count("far 42") == 2, run.out


def test_examples_of_doctest_may_define_functions_and_classes(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = (
        PRELUDE
        + '''
def work(x):
    """
    >>> def helper(x):
    ...     return work(x) + 1
    >>> class Local:
    ...     def __init__(self, x):
    ...         self.x = x
    >>> far(helper, 2), isinstance(far(Local, 1), Local), type(far(give, Local(2))) is Local
    (5, True, True)
    """
    return 2 * x
'''
    )
    run = scoop_run(source + 'if __name__ == "__main__":\n    import doctest\n    print(doctest.testmod().failed)\n')
    assert (run.status, run.out, run.err) == (0, "0\n", ""), run.out + run.err
    write(tmp_path / "other.py", source)
    run = run_python("-m", "scoop", "-n", "2", "-m", "doctest", "other.py", cwd=tmp_path)
    assert (run.status, run.out, run.err) == (0, "", "")


def test_other_forms_of_the_guard_are_seen(scoop_run: RunScoop) -> None:
    forms = [
        'if not __name__ != "__main__":\n    {}',
        "if scoop.IS_ORIGIN:\n    {}",
        'try:\n    if __name__ == "__main__":\n        {}\nfinally:\n    pass',
        'if False:\n    pass\nelif __name__ == "__main__":\n    {}',
        'if __name__ == "__main__":\n    early = 5\ndef late(x):\n    return x\nif __name__ == "__main__":\n    {}',
    ]
    for form in forms:
        body = "exec('def under(x): return x + 1'); assert far(under, 1) == 2; print('fine')"
        run = scoop_run(PRELUDE + form.format(body))
        assert (run.status, run.out, run.err) == (0, "fine\n", ""), (form, run.err)


def test_programs_that_are_modules_or_archives_have_a_guard_too(tmp_path: Path) -> None:
    source = PRELUDE + textwrap.dedent(
        """
        def work(x):
            return x + offset

        if __name__ == "__main__":
            offset = 5
            def under(x):
                return work(x) + 1
            assert far(work, 1) == 6 and far(under, 1) == 7
            print("fine")
        """
    )
    write(tmp_path / "package" / "__init__.py")
    write(tmp_path / "package" / "__main__.py", source)
    write(tmp_path / "module.py", source)
    with zipfile.ZipFile(tmp_path / "archive.pyz", "w") as archive:
        archive.writestr("__main__.py", source)
    for words in (("-m", "package"), ("-m", "module"), ("archive.pyz",), ("package",)):
        run = run_python("-m", "scoop", "-n", "2", *words, cwd=tmp_path)
        assert (run.status, run.out, run.err) == (0, "fine\n", ""), (words, run.err)


def test_objects_at_the_top_may_be_as_odd_as_they_like(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        class Odd:
            @property
            def __class__(self):
                raise RuntimeError("no class")
            def __getattr__(self, name):
                raise RuntimeError("no attributes")
            def __eq__(self, other):
                raise RuntimeError("not equal to anything")
            __hash__ = None
            def __bool__(self):
                raise RuntimeError("neither true nor false")
            def __reduce_ex__(self, protocol):
                raise RuntimeError("no pickle")

        odd, generator, file = Odd(), (x for x in "ab"), open(__file__)

        def work(x):
            return odd is not None, generator, file and x, offset
        """,
        """
        offset = 1
        def use(x):
            return work(x)[2:]
        assert far(use, 1) == (1, 1)
        """,
    )


def test_a_script_of_any_form_runs_as_under_plain_python(scoop_run: RunScoop) -> None:
    source = '''\
#!/usr/bin/env python
# -*- coding: latin-1 -*-
"""Its text."""
from __future__ import annotations

import sys

def f(x: no_such_type) -> None: ...

if 1:
    if __name__ == "__main__":
        print(__doc__, sorted(name for name in globals() if not name.startswith("__")), f.__annotations__)
        print(sys._getframe().f_lineno, sys._getframe().f_back is not None)
        try:
            1 / 0
        except ZeroDivisionError as error:
            print(error.__traceback__.tb_lineno)
else:
    pass
assert f
'''
    assert scoop_run(source).out.replace("True", "False") == scoop_run(source, plain=True).out.replace(
        "True", "False"
    )


def test_classes_of_every_kind_may_stand_under_the_guard(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        import abc, typing
        class Top:
            def hello(self):
                return "top"
        """,
        """
        T = typing.TypeVar("T")

        class Base(abc.ABC):
            @abc.abstractmethod
            def name(self): ...

        class Slotted(Base, Top):
            __slots__ = ("number",)
            def __init__(self, number):
                self.number = number
            def name(self):
                return super().hello() + str(self.number)
            def __private(self):
                return "private"
            def methods(self):
                return far(self.__private), far(super().hello)

        class Meta(type): ...
        class WithMeta(metaclass=Meta): ...

        class Generic(typing.Generic[T]):
            def __init__(self, x: T):
                self.x = x

        class Tree:
            def __init__(self, *children):
                self.children = children
            def size(self):
                return 1 + sum(child.size() for child in self.children)

        def build(depth):
            children = [futures.submit(build, depth - 1) for _ in range(3)] if depth else []
            return Tree(*[child.result() for child in children])

        slotted = Slotted(3)
        assert far(slotted.name) == "top3" and slotted.methods() == ("private", "top")
        assert type(far(give, WithMeta())) is WithMeta and type(far(give, Generic(1))) is Generic
        tree = left_alone(futures.submit(build, 4)).result()
        assert tree.size() == 121 and type(tree.children[0].children[0]) is Tree
        shared.setConst(thing=Slotted(7), kind=Slotted)
        def use_constants():
            thing = shared.getConst("thing")
            return type(thing) is shared.getConst("kind") is Slotted, thing
        same, thing = far(use_constants)
        assert same and type(thing) is Slotted and thing.number == 7
        rows = [*futures.map(lambda row: Slotted(row.number + 1), [Slotted(x) for x in range(500)])]
        assert {*map(type, rows)} == {Slotted} and [row.number for row in rows] == [*range(1, 501)]
        """,
    )
