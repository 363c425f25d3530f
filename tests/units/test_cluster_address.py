"""What may follow ``--connect``."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.cluster.launchers import Cluster
from scoop.cluster.planning.hosts import HostsError
from scoop.cluster.planning.plan import named_cluster

FILES = {
    "scheduler.json": json.dumps({"type": "Scheduler", "address": "tls://10.0.0.1:8786", "workers": {}}),
    "plain.json": json.dumps({"address": "tcp://10.0.0.1:8786"}),
    "list.json": "[]",
    "number.json": json.dumps({"address": 8786}),
    "nothing.json": "{}",
    "text": "no JSON",
}


def read(name: str) -> str:
    """Return the text of a file."""
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[name]


@pytest.mark.parametrize(
    ("text", "insecure", "address", "host"),
    [
        ("tls://node1:8786", False, "tls://node1:8786", "node1"),
        ("tls://[fe80::1]:8786", False, "tls://[fe80::1]:8786", "fe80::1"),
        ("tcp://127.0.0.1:8786", False, "tcp://127.0.0.1:8786", "127.0.0.1"),
        ("tcp://localhost:8786", False, "tcp://localhost:8786", "localhost"),
        ("tcp://[::1]:8786", False, "tcp://[::1]:8786", "::1"),
        ("tcp://node1:8786", True, "tcp://node1:8786", "node1"),
        ("scheduler.json", False, "tls://10.0.0.1:8786", "10.0.0.1"),
        ("plain.json", True, "tcp://10.0.0.1:8786", "10.0.0.1"),
    ],
)
def test_clusters(text: str, insecure: bool, address: str, host: str) -> None:
    assert named_cluster(text, insecure, {}, read) == Cluster("Dask", address, host)


@pytest.mark.parametrize(
    ("text", "insecure", "tls", "address", "host"),
    [
        ("ray:auto", False, "", "auto", ""),
        ("ray:node1:6379", False, "", "node1:6379", "node1"),
        ("ray:[fe80::1]:6379", False, "", "[fe80::1]:6379", "fe80::1"),
        ("ray://node1:10001", True, "", "ray://node1:10001", "node1"),
        ("ray://node1:10001", False, "1", "ray://node1:10001", "node1"),
    ],
)
def test_clusters_of_ray(text: str, insecure: bool, tls: str, address: str, host: str) -> None:
    assert named_cluster(text, insecure, {"RAY_USE_TLS": tls}, read) == Cluster("Ray", address, host)


@pytest.mark.parametrize(
    ("text", "naming"),
    [
        ("tcp://node1:8786", "this cluster goes without TLS"),
        ("plain.json", "this cluster goes without TLS"),
        ("gone.json", "nor a scheduler file: No such file or directory"),
        ("list.json", "it does not name an address"),
        ("nothing.json", "it does not name an address"),
        ("text", "it does not name an address"),
        ("number.json", "its address is 8786"),
        ("ws://node1:8786", "is no Dask scheduler"),
        ("tls://node1", "is no Dask scheduler"),
        ("tls://node1:0", "is no Dask scheduler"),
        ("tls://:8786", "is no Dask scheduler"),
        ("tls://node1:99999", "is no Dask scheduler"),
        ("ray:", "this is no Ray cluster"),
        ("ray:node1", "this is no Ray cluster"),
        ("ray:node1:0", "this is no Ray cluster"),
        ("ray://node1:99999", "this is no Ray cluster"),
        ("ray://auto", "this is no Ray cluster"),
        ("ray://node1:10001", "Ray goes without TLS here"),
    ],
)
def test_what_is_none_is_named(text: str, naming: str) -> None:
    with pytest.raises(HostsError) as caught:
        named_cluster(text, False, {}, read)
    assert f"--connect {text}" in str(caught.value)
    assert naming in str(caught.value)


@given(st.text())
def test_any_text_is_a_cluster_or_refused(text: str) -> None:
    try:
        found = named_cluster(text, False, {}, read)
        assert found.host or found.kind == "Ray"
    except HostsError as problem:
        complaint = str(problem)
        assert f"--connect {text}" in complaint
