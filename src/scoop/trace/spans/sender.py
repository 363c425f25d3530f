"""The thread that makes spans of the records, in the program's process.

Workers need neither the package nor a configuration: their records come to the program as for ``--trace``.
"""

import logging
import os
import sys
from itertools import islice
from threading import Event, Thread
from typing import Any

from ..settings import Settings
from ..waiting_blocks import WaitingBlocks
from .exporters import find_exporter, new_provider, provider_of_program
from .task_spans import TaskSpans

__all__ = ["SpanSender"]

_log = logging.getLogger("scoop.run")

MOST_WAITING_BYTES = 64 << 20
LOOK_EVERY_SECONDS = 0.1
FLUSH_MILLISECONDS = 5000

SPANS_AT_ONCE = 256
"""After so many they are exported before more are made: the SDK drops what its queue, of 2,048, has no room for."""


class SpanSender:
    """Sends the records of a run as spans. Raises ScoopError if a package is missing.

    The tracer provider is the one that the program has set. If it has set none, and OTEL_TRACES_EXPORTER names an
    exporter, the provider is made as the variables of OpenTelemetry say. Else it waits until the program sets one.
    """

    def __init__(self, settings: str) -> None:
        self._exporter = find_exporter()
        self._begun = int(Settings.unpack(settings).wall * 1e9)
        self._blocks = WaitingBlocks(MOST_WAITING_BYTES)
        context = sys.modules.get("opentelemetry.context")
        self._around: Any = context.get_current() if context else None  # what the program is doing meanwhile
        self._own: Any = None  # the provider, if it is not the program's
        self._has_ended = Event()
        self._thread = Thread(target=self._send_all, name="scoop-spans", daemon=True)

    def start(self) -> None:
        """Start the thread. Not before the run's processes have been forked: they would lack it."""
        if self._exporter is not None and provider_of_program() is None:
            self._own = new_provider(self._exporter)
        self._thread.start()

    def take(self, block: bytes) -> None:
        """Take in lines. Callable from any thread, also from the I/O thread: it never waits."""
        self._blocks.put(block)

    def program_ends(self) -> None:
        """Send all that there is: the exit handlers of the program may shut its provider down."""
        if not self._has_ended.is_set():
            self._has_ended.set()
            self._blocks.end()
            if self._thread.ident is not None:
                self._thread.join()

    def close(self) -> None:
        """Send what is left."""
        self.program_ends()
        if self._own is not None:
            self._own.shutdown()

    # -- the thread -----------------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        provider = self._own or self._await_provider()
        if provider is None:
            _log.warning(
                "scoop: no span was sent: the program has set no tracer provider, and OTEL_TRACES_EXPORTER names no "
                "exporter"
            )
            return
        try:
            self._send_to(provider)
        except Exception:
            _log.exception("scoop: no more spans are sent, and the run goes on")
        if self._blocks.left_out:
            _log.warning("scoop: spans are missing, since the exporter was slower than the tasks")

    def _await_provider(self) -> Any:
        while (provider := provider_of_program()) is None and not self._has_ended.wait(LOOK_EVERY_SECONDS):
            pass
        return provider or provider_of_program()

    def _send_to(self, provider: Any) -> None:
        from .run_tracer import RunTracer  # with the package, which no other run loads

        name = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "a run"
        tracer = RunTracer(provider, name, self._begun, self._around)
        spans = TaskSpans()
        while (block := self._blocks.next()) is not None:
            if tracer.is_wanted:
                found = spans.of(block)
                while some := [*islice(found, SPANS_AT_ONCE)]:
                    for span in some:
                        tracer.send(span)
                    provider.force_flush(FLUSH_MILLISECONDS)
            self._blocks.done(len(block))
        for span in spans.rest():
            tracer.send(span)
        tracer.end()
        provider.force_flush(FLUSH_MILLISECONDS)
