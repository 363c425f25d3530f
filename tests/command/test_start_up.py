"""A run starts fast: it imports little of the standard library, and nothing of the network's."""

from running import RunScoop

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
