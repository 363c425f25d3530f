"""Memory is used again when no process can see it any more, and never before."""

import gc
import os
import pickle
import signal
from pathlib import Path

import pytest

from scoop.wire.shared_buffers import LEAST_BYTES, MOST_BYTES, TOO_LARGE, BufferPool, SharedBuffers, can_carry

pytestmark = pytest.mark.skipif(not can_carry(), reason="no memfd here")


def sent(pool: BufferPool, size: int, fill: bytes = b"x") -> SharedBuffers:
    """Return buffers that is filled and about to be sent."""
    buffers = pool.take(size)
    buffers.add([pickle.PickleBuffer(fill * size)])
    pool.keep(buffers)
    return buffers


def received(buffers: SharedBuffers) -> SharedBuffers:
    """Return what comes out at the other end of a socket: a copy of the descriptor."""
    return SharedBuffers.received(os.dup(buffers.descriptor))


def memory_of(buffers: SharedBuffers) -> int:
    """Return what names the memory itself."""
    return os.fstat(buffers.descriptor).st_ino


def test_memory_is_used_again_once_its_receiver_has_let_go_of_it() -> None:
    pool = BufferPool()
    for mapped in (False, True):
        first = sent(pool, LEAST_BYTES)
        name = memory_of(first)
        there = received(first)
        del first  # it is in flight, or in the broker's tables
        assert memory_of(pool.take(LEAST_BYTES)) != name
        if mapped:
            view = there.map(own=False)
            del there
            assert memory_of(pool.take(LEAST_BYTES)) != name
            assert bytes(view[:2]) == b"xx"
            del view
        else:
            del there
        gc.collect()
        again = sent(pool, LEAST_BYTES, b"y")
        assert memory_of(again) == name
        assert bytes(again.map(own=True)[:2]) == b"yy"


def test_memory_is_not_used_again_while_there_is_a_view_of_it() -> None:
    pool = BufferPool()
    there = received(sent(pool, LEAST_BYTES, b"a"))
    view = there.map(own=True)[10:20]
    del there
    sent(pool, LEAST_BYTES, b"b")
    assert bytes(view) == b"a" * 10


def test_memory_that_a_dead_process_held_is_free() -> None:
    pool = BufferPool()
    buffers = sent(pool, LEAST_BYTES)
    name = memory_of(buffers)
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(tell, b"!")
        signal.pause()
    os.read(ready, 1)
    del buffers
    assert memory_of(pool.take(LEAST_BYTES)) != name
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert memory_of(pool.take(LEAST_BYTES)) == name
    os.close(ready)
    os.close(tell)


@pytest.mark.parametrize("size", [LEAST_BYTES - 1 - 4096, MOST_BYTES + 1])
def test_small_and_huge_buffers_are_not_kept(size: int) -> None:
    pool = BufferPool()
    name = memory_of(sent(pool, size))
    assert memory_of(pool.take(max(size, LEAST_BYTES))) != name


def test_memory_that_is_much_too_large_is_not_taken() -> None:
    pool = BufferPool()
    name = memory_of(sent(pool, LEAST_BYTES * (TOO_LARGE + 1)))
    assert memory_of(pool.take(LEAST_BYTES)) != name
    assert memory_of(pool.take(2 * LEAST_BYTES)) == name


def test_nothing_is_kept_where_locks_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    pool = BufferPool()
    sent(pool, LEAST_BYTES)
    assert not pool._kept


def test_a_descriptor_that_the_program_has_replaced_is_left_alone(tmp_path: Path) -> None:
    pool = BufferPool()
    sent(pool, LEAST_BYTES)
    gc.collect()
    kept = pool._kept[0].descriptor
    precious = tmp_path / "precious"
    precious.write_bytes(b"p" * LEAST_BYTES)
    with precious.open("rb+") as file:
        os.dup2(file.fileno(), kept)
        sent(pool, LEAST_BYTES, b"q")
        del pool
        gc.collect()
        os.fstat(kept)  # and not closed either
        os.close(kept)
    assert precious.read_bytes() == b"p" * LEAST_BYTES


def test_what_is_kept_is_bounded_and_given_up_in_the_end() -> None:
    before = len(os.listdir("/proc/self/fd"))
    pool = BufferPool()
    all_buffers = [sent(pool, MOST_BYTES // 4) for _ in range(9)]
    assert sum(place.size for place in pool._kept) <= MOST_BYTES
    del all_buffers, pool
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
