"""After ``importlib.reload`` the newest definition holds in all workers."""

from pathlib import Path

from running import RunScoop, write
from scripts import PRELUDE, start

BODY = """
import importlib, changing
from changing import work as first_work

def rewrite(text):
    with open("changing.py", "w") as file:
        file.write(text)
    # The time of the file may be the same as before, and then its old code would be taken.
    importlib.invalidate_caches()
    sys.dont_write_bytecode = True
    for name in os.listdir("__pycache__") if os.path.exists("__pycache__") else ():
        os.remove(os.path.join("__pycache__", name))
    importlib.reload(changing)

def by_name():
    return changing.work(), changing.Thing.version

def nested():
    return far(changing.work), far(by_name)
"""

MODULE = "class Thing:\n    version = {0}\ndef work():\n    return {0}\n"


def test_the_newest_definition_holds_everywhere(scoop_run: RunScoop, tmp_path: Path) -> None:
    write(tmp_path / "changing.py", MODULE.format(0))
    run = start(
        scoop_run,
        3,
        BODY
        + f"""
MODULE = {MODULE!r}

def main():
    assert far(changing.work) == 0 and far(by_name) == (0, 0)
    for version in range(1, 4):
        rewrite(MODULE.format(version))
        assert far(changing.work) == version
        assert far(by_name) == (version, version)
        assert far(nested) == (version, (version, version))
        assert type(far(give, changing.Thing())) is changing.Thing
        assert far(first_work) == first_work() == 0
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_a_worker_that_cannot_load_it_anew_says_so(scoop_run: RunScoop, tmp_path: Path) -> None:
    write(tmp_path / "changing.py", MODULE.format(0))
    run = start(
        scoop_run,
        2,
        BODY
        + """
def place(_):
    time.sleep(0.02)
    return os.getpid()

def main():
    while len({*futures.map(place, range(20))} - {os.getpid()}) < 2:
        pass  # until both workers have started: one that starts later imports what is written now
    assert far(by_name) == (0, 0)
    rewrite("import scoop\\nif not scoop.IS_ORIGIN:\\n    raise OSError('not here')\\n" + open("changing.py").read())
    assert far(by_name) == (0, 0)
    assert far(by_name) == (0, 0)
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert 1 <= len(run.err.splitlines()) <= 2, run.err  # a line of each worker that has run a task
    assert "changing" in run.err
    assert "not here" in run.err


def test_to_load_a_library_anew_concerns_the_program_alone(scoop_run: RunScoop) -> None:
    source = """
if __name__ == "__main__":
    import importlib, json
    from scoop.engine.travel import reloads
    importlib.reload(json)
    assert not reloads._unsent
    print("fine")
"""
    run = scoop_run(PRELUDE + source)
    assert (run.status, run.out, run.err) == (0, "fine\n", "")
