"""A program that starts agents as the coordinator does, and reports what became of them in lines of JSON.

    python driver.py '{"hosts": ["node1", "node2"], "ssh": ["ssh", "-F", "config"], ...}'

It goes on until its standard input ends; then it ends the agents.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from scoop.cluster.launchers import Reach
from scoop.cluster.lines.transport import Terms
from scoop.cluster.planning.files import collect
from scoop.cluster.planning.invitation import Invitation, python_version, scoop_version
from scoop.cluster.planning.plan import Plan, discover, named
from scoop.cluster.starting.agents import Agents, TooFewHosts
from scoop.machine.program import Program

_tell = 1


def tell(kind: str, host: str = "", **more: Any) -> None:
    """Say what happened."""
    os.write(_tell, json.dumps({"kind": kind, "host": host, **more}).encode() + b"\n")


def read(name: str) -> str:
    """Return the text of a file."""
    return Path(name).read_text()


def plan(given: dict[str, Any]) -> Plan:
    """Return what is to be started."""
    allocation = named(given["hosts"], None, read) or discover(os.environ, read)
    folder = given.get("folder", os.getcwd())
    program = Program("script", given["script"], (), folder)
    reach = Reach(
        python=given.get("python", sys.executable),
        python_path=given.get("python_path", os.path.dirname(os.path.dirname(__file__))),
        prolog=given.get("prolog", ""),
        ssh=tuple(given.get("ssh", ("ssh",))),
        tunnel=given.get("tunnel", False),
        timeout=given.get("timeout", 30.0),
        module=given.get("module", "cluster.stub_agent"),
    )
    invitation = Invitation(
        workers={host.place: host.workers for host in allocation.hosts},
        python=given.get("version", python_version()),
        scoop=scoop_version(),
        program=program,
        files=collect(program, folder),
        folder=folder,
        environment=given.get("environment", {}),
    )
    least = given.get("least", len(allocation.hosts))
    return Plan(allocation.hosts, given.get("launcher", allocation.launcher), reach, invitation, least)


class Machines:
    """All machines are in the run."""

    def has(self, _: str) -> bool:
        return True

    def agent_ended(self, _: str) -> bool:
        return True


async def main(given: dict[str, Any]) -> None:
    """Start the agents, report, wait, end them."""
    global _tell
    _tell = given["tell"]
    terms = Terms("run-7", given.get("address", "tls://127.0.0.1:8786"), "certificate", "authority")
    agents = Agents(plan(given), Machines(), lambda failure: tell("left", failure.host, text=str(failure)))
    try:
        await agents.start(terms)
    except TooFewHosts as problem:
        await agents.end()
        tell("too few", text=str(problem))
        return
    for answer in agents.joined:
        tell("joined", answer.host, name=answer.name, workers=answer.workers)
    for failure in agents.failed:
        tell("failed", failure.host, text=str(failure))
    tell("started")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await agents.end()
    tell("ended")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
