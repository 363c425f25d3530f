"""Several hosts in virtual time: which share of the ideal time maps, trees and graphs of short tasks reach.

    PYTHONPATH=tests python benchmarks/virtual_hosts.py [tasks] [milliseconds each way]

Schedulers, brokers and coordinator are the real ones. Only time is simulated. So the figures show what waiting for
messages costs, however slow or busy this machine is. What processors spend on messages is left out, but for the
coordinator's.
"""

import sys

from simulation.hosts import Hosts
from simulation.test_hosts import by_graph, by_map, by_submit, by_tree, share_of_ideal

SHAPES = by_map, by_submit, by_tree, by_graph


def main() -> None:
    """Print the shares, and how many messages a task between machines."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    delay = (float(sys.argv[2]) if len(sys.argv) > 2 else 0.5) / 1e3
    print("| workers of each machine | tasks | map | submit | tree | graph |\n" + "|---" * 6 + "|", flush=True)
    for sizes in ([0, 1, 1, 1], [2, 2, 2]):
        for seconds in (0.003, 0.001):
            cells = []
            for shape in SHAPES:
                hosts = Hosts(sizes, delay)
                share = share_of_ideal(hosts, shape, tasks, seconds)
                cells.append(f"{share:.2f} ({hosts.messages / tasks:.1f})")
            print(f"| {sizes} | {1e3 * seconds:g} ms | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
