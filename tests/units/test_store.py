"""Memory is used again when nobody can see it any more, and never before."""

import gc
import os
import pickle
import signal
from pathlib import Path

import pytest

from scoop.wire.cargo import Cargo, can_carry
from scoop.wire.store import MOST, TOO_LARGE, WORTH, Store

pytestmark = pytest.mark.skipif(not can_carry(), reason="no memfd here")


def sent(store: Store, size: int, fill: bytes = b"x") -> Cargo:
    """Return a cargo that is filled and about to be sent."""
    cargo = store.cargo(size)
    cargo.add([pickle.PickleBuffer(fill * size)])
    store.keep(cargo)
    return cargo


def received(cargo: Cargo) -> Cargo:
    """Return what comes out at the other end of a socket: a copy of the descriptor."""
    return Cargo.received(os.dup(cargo.descriptor))


def memory_of(cargo: Cargo) -> int:
    """Return what names the memory itself."""
    return os.fstat(cargo.descriptor).st_ino


def test_memory_is_used_again_when_whoever_got_it_has_let_go_of_it() -> None:
    store = Store()
    for mapped in (False, True):
        first = sent(store, WORTH)
        name = memory_of(first)
        there = received(first)
        del first  # it is in flight, or in the broker's books
        assert memory_of(store.cargo(WORTH)) != name
        if mapped:
            view = there.map(own=False)
            del there
            assert memory_of(store.cargo(WORTH)) != name
            assert bytes(view[:2]) == b"xx"
            del view
        else:
            del there
        gc.collect()
        again = sent(store, WORTH, b"y")
        assert memory_of(again) == name
        assert bytes(again.map(own=True)[:2]) == b"yy"


def test_an_outcome_is_its_owners_for_as_long_as_there_is_a_view_of_it() -> None:
    store = Store()
    there = received(sent(store, WORTH, b"a"))
    view = there.map(own=True)[10:20]
    del there
    sent(store, WORTH, b"b")
    assert bytes(view) == b"a" * 10


def test_what_a_dead_process_held_is_free() -> None:
    store = Store()
    cargo = sent(store, WORTH)
    name = memory_of(cargo)
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(tell, b"!")
        signal.pause()
    os.read(ready, 1)
    del cargo
    assert memory_of(store.cargo(WORTH)) != name
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert memory_of(store.cargo(WORTH)) == name
    os.close(ready)
    os.close(tell)


@pytest.mark.parametrize("size", [WORTH - 1 - 4096, MOST + 1])
def test_what_is_small_or_huge_is_not_kept(size: int) -> None:
    store = Store()
    name = memory_of(sent(store, size))
    assert memory_of(store.cargo(max(size, WORTH))) != name


def test_what_is_much_too_large_is_not_taken() -> None:
    store = Store()
    name = memory_of(sent(store, WORTH * (TOO_LARGE + 1)))
    assert memory_of(store.cargo(WORTH)) != name
    assert memory_of(store.cargo(2 * WORTH)) == name


def test_nothing_is_kept_where_locks_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    store = Store()
    sent(store, WORTH)
    assert not store._kept


def test_a_descriptor_that_the_program_has_taken_for_its_own_is_left_alone(tmp_path: Path) -> None:
    store = Store()
    sent(store, WORTH)
    gc.collect()
    kept = store._kept[0].descriptor
    precious = tmp_path / "precious"
    precious.write_bytes(b"p" * WORTH)
    with precious.open("rb+") as file:
        os.dup2(file.fileno(), kept)
        sent(store, WORTH, b"q")
        del store
        gc.collect()
        os.fstat(kept)  # and not closed either
        os.close(kept)
    assert precious.read_bytes() == b"p" * WORTH


def test_no_more_is_kept_than_is_said_and_no_descriptor_is_left() -> None:
    before = len(os.listdir("/proc/self/fd"))
    store = Store()
    cargos = [sent(store, MOST // 4) for _ in range(9)]
    assert sum(place.size for place in store._kept) <= MOST
    del cargos, store
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
