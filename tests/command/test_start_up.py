"""A run starts fast: it imports little of the standard library, and nothing of the network's."""

import os
import signal
import textwrap
from pathlib import Path

import pytest

from running import Run, RunScoop

HEAVY = ("asyncio", "dataclasses", "email", "inspect", "json", "multiprocessing", "pathlib", "ssl", "tempfile")
"""Modules that would make up much of the start, with what they import themselves."""


def test_a_run_imports_no_heavy_modules(scoop_run: RunScoop) -> None:
    source = f"""
    import sys
    from scoop import futures

    def loaded(_):
        return [name for name in {HEAVY} if name in sys.modules]

    if __name__ == "__main__":
        print(loaded(None), *futures.map(loaded, range(2)))
    """
    for n in (1, 2):
        run = scoop_run(source, n=n)
        assert run.out == "[] [] []\n", run


@pytest.mark.parametrize(
    "module", ["scoop.cli.running.command", "scoop.engine.scheduler", "scoop.machine.unseen_child"]
)
def test_an_interrupt_before_the_program_begins_ends_it_silently(
    scoop_run: RunScoop, tmp_path: Path, module: str
) -> None:
    """A traceback would show none but frames of SCOOP's."""
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(f"""
        import os, signal, sys

        class Interrupt:
            def find_spec(self, name, *_):
                if name == {module!r}:
                    os.kill(os.getpid(), signal.SIGINT)

        sys.meta_path.insert(0, Interrupt())
        """)
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    assert scoop_run("print('begun')", env={"PYTHONPATH": paths}) == Run(-signal.SIGINT, "", "")
