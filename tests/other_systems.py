"""Systems that lack what Linux has: Linux, and a Python that has lost the functions for it."""

import os
from pathlib import Path

from running import write

__all__ = ["lacking"]

LOSSES = {
    "memfd": "del os.memfd_create",
    "pidfd": "del os.pidfd_open, signal.pidfd_send_signal",
    "names": """
        import select, socket, time
        lost = {
            os: "sched_getaffinity sched_getscheduler SCHED_OTHER pipe2 eventfd posix_fadvise getrandom",
            select: "epoll",
            signal: "sigtimedwait sigwaitinfo",
            socket: "MSG_CMSG_CLOEXEC SO_PEERCRED",
            time: "CLOCK_BOOTTIME pthread_getcpuclockid",
        }
        for module, names in lost.items():
            for name in names.split():
                delattr(module, name)
        """,
    "proc": """
        def refuse(event, words):
            if event in ("open", "os.listdir", "os.scandir") and str(words[0]).startswith("/proc"):
                raise FileNotFoundError(2, "No such file or directory", words[0])
        sys.addaudithook(refuse)
        """,
    # prctl(2), sched_setattr(2) and clone(2), which Python has no name for, are asked for by the name of the system.
    "calls": "sys.platform = 'freebsd'",
}
"""What each of these systems lacks: how it is taken from Python before a program begins."""

LOSSES["all"] = "\n".join(LOSSES.values())


def lacking(loss: str, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a Python that has lost something."""
    lost = LOSSES[loss].replace("\n        ", "\n")
    write(tmp_path / "system" / "sitecustomize.py").write_text(f"import os, signal, sys\n{lost}\n")
    paths = [str(tmp_path / "system"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}
