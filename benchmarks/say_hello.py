"""The smallest parallel program, to be timed from start to end: ``say_hello.py PEER WORKERS``."""

import sys

from peers import PEERS
from work import no_op


def main() -> None:
    """Greet four people."""
    peer = PEERS[sys.argv[1]](int(sys.argv[2]))
    print("Hello", *peer.map(no_op, ["Ada", "Alan", "Edsger", "Grace"]))
    peer.close()


if __name__ == "__main__":
    main()
