"""What programs are doing when Ctrl-C comes. Each has sent a task before, so that the processes of the run are up."""

__all__ = ["MOMENTS"]

COMPILED = """
        import functools, zlib
        count = functools.partial(zlib.crc32, bytes(30_000_000))  # looks at no signals, and lets other threads run
"""

MOMENTS = {
    "computes": """
        def main():
            send(give, 1)
            open_gate("ready")
            while True:
                pass
        """,
    "waits": """
        def main():
            send(give, 1)
            future = taken(is_open)
            open_gate("ready")
            future.result()
        """,
    "waits with a deadline": """
        def main():
            send(give, 1)
            future = taken(is_open)
            open_gate("ready")
            future.result(timeout=300)
        """,
    "waits for several": """
        def main():
            send(give, 1)
            fs = [futures.submit(is_open) for _ in range(10)]
            open_gate("ready")
            list(futures.as_completed(fs))
        """,
    "waits for a constant": """
        def main():
            send(give, 1)
            open_gate("ready")
            shared.getConst("never", timeout=300)
        """,
    "runs a task": """
        def work():
            open_gate("ready")
            while True:  # a signal that comes just before a sleep is heard after it, under plain python, too
                time.sleep(0.1)
        def main():
            send(give, 1)
            futures.submit(work).result()  # at once, so it runs here
        """,
    "sends": """
        def take(data):
            time.sleep(0.001)
        def main():
            send(give, 1)
            open_gate("ready")
            while True:
                list(futures.map(take, [bytes(3_000_000)] * 20))
        """,
    "pickles": """
        class Slow:
            def __reduce__(self):
                open_gate("ready")
                time.sleep(0.2)
                return int, ()
        def main():
            send(give, 1)
            fs = [futures.submit(give, Slow()) for _ in range(2)]
            time.sleep(300)
        """,
    "reduces": """
        def main():
            send(give, 1)
            open_gate("ready")
            while True:
                futures.mapReduce(give, max, range(1000))
        """,
    "runs tasks that are compiled code": COMPILED
    + """
        def main():
            send(give, 1)
            open_gate("ready")
            while True:
                futures.submit(count, 1).result()
        """,
    "maps compiled code": COMPILED
    + """
        def main():
            send(give, 1)
            open_gate("ready")
            while True:
                list(futures.map(count, range(1000)))
        """,
    "works for others": COMPILED
    + """
        def spawn(x):
            if not scoop.IS_ORIGIN:
                open_gate("ready")
            while True:
                futures.wait([futures.submit(count, 1) for _ in range(50)])
        def main():
            taken(spawn, 1).result()
        """,
    "while workers import": """
        if not scoop.IS_ORIGIN:
            is_open("begun")  # or it may strike before there is any frame of the program's to show
            open_gate("ready")
            time.sleep(300)
        def main():
            open_gate("begun")
            list(futures.map(is_open, ["never"] * 5))
        """,
    "while workers are in compiled code": """
        import ctypes
        def deep():
            open_gate("ready")
            while True:  # it ends early when a signal comes
                ctypes.PyDLL(None).sleep(300)
        def main():
            send(give, 1)
            taken(deep).result()
        """,
}
