"""tqdm around the iterators of maps: it moves as results come, one by one."""

import pytest

from running import RunScoop
from scripts import check

pytest.importorskip("tqdm")


@pytest.mark.parametrize("call", ["map", "map_as_completed"])
def test_tqdm_moves_row_by_row(scoop_run: RunScoop, call: str) -> None:
    check(
        scoop_run,
        2,
        f"""
    import io
    from tqdm import tqdm

    def main():
        behind = 0
        bar = tqdm(futures.{call}(leave_mark, range(100)), total=100, file=io.StringIO(), mininterval=0)
        for _ in bar:
            behind += marks() < 100
        assert bar.n == 100
        assert behind > 10, behind  # most results have come before the last rows had begun
        submitted = [futures.submit(square, x) for x in range(9)]
        assert len([*tqdm(futures.as_completed(submitted), file=io.StringIO())]) == 9
    """,
    )
