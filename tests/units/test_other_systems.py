"""What is known in another way, or taken for unknown, where the system tells less than Linux does."""

import resource
import socket
import sys
import time

import pytest

from scoop.cluster.starting import machine_identity
from scoop.trace import settings
from scoop.wire import memory


@pytest.fixture
def no_boot_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a system that does not tell which start of it this is."""
    monkeypatch.setattr(settings, "boot_id", str)
    monkeypatch.setattr(machine_identity, "boot_id", str)


@pytest.mark.usefixtures("no_boot_id")
def test_without_a_boot_id_a_machine_keeps_its_clock() -> None:
    begun = settings.Settings.unpack(settings.TraceOptions(spans=True).begin())
    assert begun.zero() == begun.monotonic


@pytest.mark.usefixtures("no_boot_id")
def test_without_a_boot_id_another_machine_has_another_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = settings.Settings.unpack(settings.TraceOptions(spans=True).begin())._replace(
        monotonic=time.monotonic() + 1e6
    )
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    assert begun.zero() < begun.monotonic - 1e5


@pytest.mark.usefixtures("no_boot_id")
def test_without_a_boot_id_no_two_machines_are_taken_for_one() -> None:
    assert machine_identity.this_machine() == ""


@pytest.mark.parametrize(("system", "unit"), [("linux", 1024), ("freebsd14", 1024), ("darwin", 1)])
def test_memory_is_in_bytes_whatever_the_system_counts(
    monkeypatch: pytest.MonkeyPatch, system: str, unit: int
) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    monkeypatch.setattr(sys, "platform", system)
    assert memory.most_resident_bytes(usage) == usage.ru_maxrss * unit


def test_without_proc_a_worker_knows_the_most_that_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "resident_bytes", lambda _: 0)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    assert memory.own_resident_bytes() >= memory.most_resident_bytes(usage)
