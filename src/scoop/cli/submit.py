"""``scoop submit``: write the script of a job for a batch system, and submit it."""

import argparse
import os
import re
import shutil
import subprocess
import sys

from ..cluster.planning.hosts import HostsError
from ..cluster.planning.job_scripts import SYSTEMS, Job, find_system, job_script
from ..machine.program import find_tool
from .parsing.options import new_parser
from .parsing.parser import Parser

__all__ = ["submit"]


def submit(parser: Parser, options: argparse.Namespace) -> int:
    """Submit a job, or print its script; return the exit status, which is that of the system's own command."""
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    try:
        job = _job(options, words, _program_name(parser, words))
        system = options.system or find_system(shutil.which)
        script = job_script(job, system)
        if options.dry_run:
            print(script, end="")
            return 0
        return _hand_over(SYSTEMS[system].submit, script)
    except HostsError as problem:
        print(f"scoop: {problem}", file=sys.stderr)
    except OSError as problem:
        print(f"scoop: {problem.filename} cannot be run here: {problem.strerror}", file=sys.stderr)
    return 2


def _hand_over(command: str, script: str) -> int:
    status = subprocess.run([command], input=script, text=True, check=False).returncode
    if status != 0:
        words = f"{command} has not accepted the job (status {status}); see what it printed above"
        print(f"scoop: {words}. To see the script that it was given, add --dry-run", file=sys.stderr)
    return status


def _program_name(parser: Parser, words: list[str]) -> str:
    """Return what the words of the job run.

    They are read here too, so a mistake in them shows now, and not when the job begins.
    """
    found = new_parser().parse_args(words)
    if found.module or found.code:
        return str(found.module[0]) if found.module else "code"
    program: list[str] = [word for word in found.program if word != "--"][:1]
    if not program or program == ["-"]:
        parser.error("no program: name a script, a module (-m) or code (-c)")
    if not os.path.exists(program[0]) and find_tool(program[0]) is None:
        raise HostsError(f"can't open file {program[0]!r}: there is no such file")
    return os.path.basename(os.path.abspath(program[0])).removesuffix(".py")


def _job_name(text: str) -> str:
    """Return a name that all batch systems take: they want a letter first."""
    name = re.sub(r"[^\w.-]+", "_", text, flags=re.ASCII)
    return name if name[0].isalpha() else f"scoop-{name}"


def _job(options: argparse.Namespace, words: list[str], program: str) -> Job:
    return Job(
        name=_job_name(options.name or program),
        words=(sys.executable, "-m", "scoop", *words),
        nodes=options.nodes,
        workers=options.workers_per_node,
        seconds=options.time,
        queue=options.queue,
        account=options.account,
        output=options.output,
        array=options.array,
        parallel_environment=options.pe,
        directives=tuple(options.directive),
        environment={name: os.environ[name] for name in ("PYTHONPATH",) if os.environ.get(name)},
    )
