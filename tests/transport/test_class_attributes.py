"""What the program changes in classes of the main script is so for tasks, wherever they run."""

from running import RunScoop
from transport.guarded import run_fine, run_guarded


def test_attributes_set_changed_and_deleted_are_so_in_tasks(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        class Settings:
            debug, words, spare = False, [], 1

            class Inner:
                depth = 1

        class Model(Settings):
            def run(self):
                return self.debug, vars(Settings).get("new"), [*self.words], self.Inner.depth, hasattr(self, "spare")

        def use():
            return Model().run()
        """,
        """
        assert far(use) == use() == (False, None, [], 1, True)
        Settings.debug, Settings.new, Settings.Inner.depth = True, 5, 2
        Settings.words.append("a")
        del Settings.spare
        assert far(use) == use() == (True, 5, ["a"], 2, False)
        assert far(Model().run) == far(lambda: Model().run()) == use()
        Settings.debug, Settings.words, Settings.spare = False, [], 1
        del Settings.new
        assert far(use) == use() == (False, None, [], 2, True)
        """,
    )


def test_methods_that_are_replaced_and_put_back_are_so_in_tasks(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        from unittest import mock

        class Model:
            def run(self): return "slow"
            @staticmethod
            def of(): return "slow"
            @property
            def kind(self): return "slow"

        def quick(self): return "quick"

        def use():
            return Model().run(), Model.of(), Model().kind
        """,
        """
        static = staticmethod(lambda: 1)
        for name, new in (("run", quick), ("run", lambda self: 1), ("of", static), ("kind", property(quick))):
            with mock.patch.object(Model, name, new):
                assert "slow" in use() and use() != ("slow",) * 3
                assert far(use) == use()
            assert far(use) == use() == ("slow",) * 3
        """,
    )


def test_what_the_tasks_set_themselves_is_left_to_each_process(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        class Connection:
            made = None

            @classmethod
            def get(cls):
                if cls.made is None:
                    cls.made = threading.Lock(), os.getpid()
                return cls.made[1]

        def use():
            return Connection.get(), os.getpid()
        """,
        """
        assert use() == (os.getpid(), os.getpid())
        for _ in range(3):
            made, pid = far(use)
            assert made == pid != os.getpid()
        """,
    )


def test_an_attribute_that_cannot_travel_is_told_of_once(scoop_run: RunScoop) -> None:
    top = """
        class Settings:
            lock, level = None, 1

        def use():
            return Settings.lock is None, Settings.level
        """
    body = """
        Settings.lock, Settings.level = threading.Lock(), 2
        assert far(use) == far(use) == (True, 2)
        """
    run = run_guarded(scoop_run, top, body)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert run.err.count("the global 'Settings.lock'") == 1 == run.err.count("workers keep their own"), run.err


def test_classes_that_stand_under_a_guard_go_along_themselves(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        """
        class Outer:
            size = 1

        if __name__ == "__main__":
            Outer.size = 2
            class Late:
                size = 1

        def use():
            return Outer.size
        """,
        """
        assert far(use) == 2
        Late.size = Outer.size = 3
        assert far(lambda: (Late.size, use())) == (3, 3)
        class Outer: size = 4
        assert far(use) == 4
        Outer.size = 5
        assert far(use) == 5
        """,
    )
