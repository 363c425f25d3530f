"""An agent whose machine is a stub: it prints what it was told, starts a process, and stays until it is killed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from scoop.cluster.agent import main
from scoop.cluster.lines.transport import Terms
from scoop.engine.process.limits import Limits


def become_machine(terms: Terms, workers: int, limits: Limits, import_main: Callable[[], None]) -> None:
    """Import the program, start a process as a task might, and print something on each stream."""
    assert limits.retries == 2
    import_main()
    if "SCOOP_STUB_CALLS" in os.environ:
        host_name, _, port = terms.address.removeprefix("tls://").rpartition(":")
        with socket.create_connection((host_name, int(port)), 60) as sock:
            sock.sendall(os.uname().nodename.encode())
    # One that has left our session and lost its parent, and one that has not.
    subprocess.run(["sh", "-c", "setsid sleep 700 & exit"], stdin=subprocess.DEVNULL, check=True)
    sleeper = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
    host = os.environ.get("SCOOP_STUB_NAME", os.uname().nodename)
    defined = getattr(sys.modules["__main__"], "VALUE", None)
    print(f"{host} is a machine of {workers} in {terms.run}, VALUE is {defined}", flush=True)
    print(f"{host} grumbles", file=sys.stderr, flush=True)
    while sleeper.poll() is None:
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], become_machine))
