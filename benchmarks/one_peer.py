"""Measure one peer's rows of one group: ``one_peer.py PEER WORKERS GROUP [--quick]``.

Prints a line of JSON for each figure.
"""

import json
import sys
from importlib import metadata

from peers import PEERS
from rows import ROWS
from work import nap


def main() -> None:
    """Measure; a row that this peer cannot run is left out."""
    name, workers, group, *quick = sys.argv[1:]
    peer = PEERS[name](int(workers))
    if quick:
        peer.maps = 1
    versions = {package: metadata.version(package) for package in peer.packages}
    print(json.dumps({"versions": versions}), flush=True)
    try:
        list(peer.map(nap, [0.02] * 20))  # all workers are up, and none has seen what is measured
        for row in ROWS:
            if row.group == group and row.measure:
                try:
                    print(json.dumps({"row": row.key, "value": row.measure(peer)}), flush=True)
                except NotImplementedError:
                    pass
    finally:
        peer.close()


if __name__ == "__main__":
    main()
