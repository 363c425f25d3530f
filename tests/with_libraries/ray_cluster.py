"""A Ray cluster on this machine, of processes, until standard input ends.

    python ray_cluster.py FOLDER

Writes its address to FOLDER/address. The head has no CPUs, each other node has one. A line ``add`` on standard input
adds a node; ``remove`` kills the first.
"""

import sys
from pathlib import Path

from ray.cluster_utils import Cluster


def main(folder: Path) -> None:
    """Be the cluster."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    try:
        (folder / "part").write_text(cluster.address)
        (folder / "part").rename(folder / "address")
        for line in sys.stdin:
            if line.strip() == "add":
                nodes.append(cluster.add_node(num_cpus=1))
            else:
                cluster.remove_node(nodes.pop(0), allow_graceful=False)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
