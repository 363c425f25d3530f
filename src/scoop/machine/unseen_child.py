"""A child of this process that its ``wait`` does not see. Linux only: elsewhere it is a child like any other.

The broker is a child of the origin, where the program runs. A program that calls ``os.wait()`` waits for the children
that it has started itself: it must neither hang, since the broker does not end, nor get the broker's status. Linux
tells children apart by the signal that their end sends. Those that send another one than SIGCHLD, or none, are waited
for only by those who ask for all (see __WALL and __WCLONE in wait(2)).

So the child is made by clone(2), of which fork() is a special case. It remains in the tree of processes, under its
parent, which it would not if it were forked by a child that ends.
"""

import os
import sys

__all__ = ["await_unseen", "fork_unseen"]

_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
"""The system call, as which all arguments may be 0. (Python has no name for it.)"""

_ALL = 0x40000000  # __WALL


def fork_unseen() -> int:
    """Do as ``os.fork``, in a process that has one thread: return 0 in the child, its pid in the parent."""
    number = _CLONE.get(os.uname().machine) if sys.platform == "linux" else None
    if number is None:
        return os.fork()
    import ctypes

    python = ctypes.pythonapi
    before, in_parent, in_child = python.PyOS_BeforeFork, python.PyOS_AfterFork_Parent, python.PyOS_AfterFork_Child
    clone = ctypes.PyDLL(None, use_errno=True).syscall  # which keeps the interpreter: so the child has it, too
    arguments = [ctypes.c_long(each) for each in (number, 0, 0, 0, 0, 0)]
    before()
    pid: int = clone(*arguments)
    if pid == 0:
        in_child()
        return 0
    problem = ctypes.get_errno()
    in_parent()
    if pid < 0:
        raise OSError(problem, os.strerror(problem))
    return pid


def await_unseen(pid: int) -> None:
    """Wait for the end of such a child."""
    try:
        os.waitpid(pid, _ALL if sys.platform == "linux" else 0)
    except ChildProcessError:
        pass  # SIGCHLD is ignored, by the program or its parent: then the system reaps children
