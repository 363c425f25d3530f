"""A Dask cluster on this machine, of processes, until standard input ends.

    python dask_cluster.py FOLDER tls|tcp WORKERS

Writes FOLDER/scheduler.json, and for TLS the certificates beside it. A line ``scale 3`` on standard input has it have
so many workers, ``adapt 0 2`` as many as Dask finds right.
"""

import asyncio
import json
import sys
from pathlib import Path

from distributed import LocalCluster
from distributed.security import Security

NAMES = {"ca": "tls_ca_file", "key": "tls_client_key", "cert": "tls_client_cert"}


async def main(folder: Path, scheme: str, workers: int) -> None:
    """Be the cluster."""
    security = Security.temporary() if scheme == "tls" else Security()
    for name, part in NAMES.items() if scheme == "tls" else ():
        (folder / f"{name}.pem").write_text(getattr(security, part))
    async with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=":0",
        worker_dashboard_address=":0",
        security=security,
        asynchronous=True,
        local_directory=str(folder),
    ) as cluster:
        partly = folder / "scheduler.part"
        partly.write_text(json.dumps({"address": cluster.scheduler_address}))
        partly.rename(folder / "scheduler.json")
        while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            command, *numbers = line.split()
            if command == "scale":
                cluster.scale(int(numbers[0]))
            else:
                cluster.adapt(minimum=int(numbers[0]), maximum=int(numbers[1]), interval="200 ms")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
