"""The kernel for Jupyter: its cells have workers, which an interrupt leaves and its end ends."""

import json
import sys
from pathlib import Path

import pytest

from running import run_python

CLIENT = """
import os, threading, time
import psutil
from jupyter_client.manager import start_new_kernel

os.environ.pop("PYTEST_CURRENT_TEST", None)  # with it, ipykernel shows no output of other processes

def run(code, then=lambda: None):
    found = []
    def show(message):
        content = message["content"]
        if message["msg_type"] == "error":
            found.append(content["ename"])
        elif message["msg_type"] == "execute_result":
            found.append(content["data"]["text/plain"])
        elif message["msg_type"] == "stream":
            found.append(content["text"])
        if any("begun" in each for each in found):
            then()
    client.execute_interactive(code, timeout=60, output_hook=show)
    return found

def left(processes):
    end = time.monotonic() + 60
    while any(each.is_running() and each.status() != "zombie" for each in processes):
        if time.monotonic() > end:
            return True
        time.sleep(0.05)
    return False

manager, client = start_new_kernel(kernel_name="scoop")
try:
    run("import os, time, scoop; from scoop import futures")
    workers = run("scoop.SIZE, sorted(futures.run_on_workers(os.getpid))")
    assert workers[0].startswith("(2, ["), workers
    run("def square(x):\\n    time.sleep(0.01)\\n    return x * x, os.getpid()")
    assert run("len({pid for _, pid in futures.map(square, range(50))} - {os.getpid()})") == ["2"]
    assert run("futures.submit(print, 'said by a task').result()") == ["said by a task\\n"]

    once = iter([manager.interrupt_kernel])
    endless_map = "print('begun', flush=True); list(futures.map(time.sleep, [0.1] * 10**6))"
    interrupted = run(endless_map, lambda: next(once, int)())
    assert interrupted[-1] == "KeyboardInterrupt", interrupted
    assert run("scoop.SIZE, sorted(futures.run_on_workers(os.getpid))") == workers

    endless = "kept = [futures.submit(time.sleep, 1000) for _ in range(4)]; time.sleep(0.3)"
    old = psutil.Process().children(recursive=True)
    run(endless)
    manager.restart_kernel()
    client.wait_for_ready(timeout=60)
    assert not left(old)
    assert run("import time; from scoop import futures; list(futures.map(abs, [-1, -2]))") == ["[1, 2]"]
    run(endless)
    old = psutil.Process().children(recursive=True)
finally:
    client.stop_channels()
    manager.shutdown_kernel()
assert not left(old)
print("fine")
"""


def test_cells_have_workers_which_interrupts_leave_and_the_end_ends(tmp_path: Path) -> None:
    for module in ("ipykernel", "jupyter_client"):
        pytest.importorskip(module)
    env = {"JUPYTER_DATA_DIR": str(tmp_path / "data"), "IPYTHONDIR": str(tmp_path / "ipython")}
    env |= {"JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "TMPDIR": str(tmp_path)}
    installed = run_python("-m", "scoop", "kernel", "--install", "-n", "2", cwd=tmp_path, env=env)
    assert (installed.status, installed.err) == (0, "")
    spec = json.loads((tmp_path / "data/kernels/scoop/kernel.json").read_text())
    assert spec["display_name"] == "Python (SCOOP)"
    assert spec["argv"][:6] == [sys.executable, "-m", "scoop", "kernel", "-n", "2"]

    (tmp_path / "client.py").write_text(CLIENT)
    run = run_python("client.py", cwd=tmp_path, env=env)
    assert (run.status, run.out.splitlines()[-1:]) == (0, ["fine"]), run.err


def test_without_ipykernel_it_says_what_to_install(tmp_path: Path) -> None:
    hide = (
        "import sys; sys.modules['ipykernel'] = None; from scoop.cli.commands import main; sys.exit(main(['kernel']))"
    )
    run = run_python("-c", hide, cwd=tmp_path)
    assert run.status == 2
    assert run.err == "scoop: a kernel needs ipykernel and jupyter_client: in a clone, pip install '.[notebooks]'\n"
