"""Who may join a run, and what listens for it."""

import asyncio
import socket
import ssl
import tempfile
from pathlib import Path

import psutil
import pytest

from scoop.cluster.lines.certificate import new_terms
from scoop.cluster.lines.dialing import Dialing
from scoop.cluster.lines.reception import Reception
from scoop.cluster.lines.transport import Connection
from scoop.tuning import TUNING

from .conftest import Far

BODY = """
def main():
    all_at_work(2)
    open_gate("ready")
    assert is_open()
"""


def has_ipv6() -> bool:
    """Return whether this machine has an IPv6 address of its own."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def listening(process: psutil.Process) -> list[tuple[str, int]]:
    """Return where the process and its descendants listen."""
    found = []
    for each in [process, *process.children(recursive=True)]:
        found += [(c.laddr.ip, c.laddr.port) for c in each.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    return found


def test_one_place_listens_and_strangers_are_refused(far: Far, tmp_path: Path) -> None:
    process = far.start(BODY, "f1 f1 f2 f2")
    ports = {port for _, port in listening(psutil.Process(process.pid))}
    assert len(ports) == 1, ports
    (port,) = ports

    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.settimeout(60)
        plain.sendall(b"let me in\n" * 100)
        assert ended(plain)

    for _ in range(40):  # as a scan of ports does it
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.settimeout(60)
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert ended(plain)

    for certificate in (False, True):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.settimeout(60)
            try:
                with strange_context(tmp_path, certificate).wrap_socket(raw) as sock:
                    sock.sendall(b"let me in\n" * 100)
                    assert ended(sock)
            except (ssl.SSLError, ConnectionError):
                pass

    run = far.end(process)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    first, others = run.err.splitlines()
    told = "scoop: a stranger's call from 127.0.0.1 is refused: it has no key of this run"
    assert first == f"{told} (SC-74)"
    assert others == f"{told} (42 more like this since the last one was printed) (SC-74)"


def test_a_machine_that_is_turned_away_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoop.cluster.lines.entrance.TUNING", TUNING._replace(most_unknown_connections=0))

    async def main() -> tuple[str, int]:
        asyncio.get_running_loop().call_later(0.5, monkeypatch.undo)
        return await meet("127.0.0.1")

    assert asyncio.run(main()) == ("somebody", 3)


def test_the_key_is_on_no_disk_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert asyncio.run(meet("127.0.0.1")) == ("somebody", 3)


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
def test_machines_join_by_ipv6_too() -> None:
    assert asyncio.run(meet("[::1]")) == ("somebody", 3)


async def meet(address: str) -> tuple[str, int]:
    """Let a machine join that reaches this one by the address; return what it says of itself."""
    called = asyncio.Queue[tuple[str, int]]()

    async def take(connection: Connection, name: str, workers: int) -> None:
        await connection.close()
        await called.put((name, workers))

    reception = Reception(take)
    dialing = Dialing(await reception.open(address), "somebody", 3)
    await dialing.join()
    found = await called.get()
    await dialing.connection.close()
    reception.close()
    return found


def strange_context(folder: Path, certificate: bool) -> ssl.SSLContext:
    """Return a way to call that trusts anybody, with no certificate or that of another run."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        file = folder / "other.pem"
        file.write_text(new_terms("other").certificate)
        context.load_cert_chain(file)
    return context


def ended(sock: socket.socket) -> bool:
    """Return whether the other side hangs up without having said anything that can be used."""
    try:
        while sock.recv(1000):
            pass
    except ConnectionError:
        pass
    return True
