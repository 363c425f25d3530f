"""Makes spans of OpenTelemetry of a run's, by a tracer of the SDK.

A span may have to be made before that of its parent, which ends later. So the number of each span is made from the
name of its task: whoever comes first knows that of the other.
"""

import os
from hashlib import blake2b
from typing import Any

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, set_span_in_context

from .task_spans import PROGRAM, Key, TaskSpan

__all__ = ["RunTracer"]


class _NextNumber(RandomIdGenerator):
    """Gives the next span the number that it is to have."""

    number = 0

    def generate_span_id(self) -> int:
        return self.number or super().generate_span_id()


class RunTracer:
    """Sends the spans of one run, all below one for the run.

    Parameters:
        provider: the tracer provider of the SDK that takes them.
        name: of the run.
        begun: its time of day, in nanoseconds.
        around: the context in which the program has begun it; None if in none.
    """

    def __init__(self, provider: Any, name: str, begun: int, around: Any) -> None:
        self._tracer = provider.get_tracer("scoop")
        self._begun = begun
        self._salt = os.urandom(8)
        self._run = self._tracer.start_span(name, around, start_time=begun)
        self._numbers = self._tracer.id_generator = _NextNumber()  # of this tracer only
        self.is_wanted = self._run.is_recording()  # else it was not sampled, and its tasks are not either

    def send(self, span: TaskSpan) -> None:
        """Send what a task, or a slice of a map, did."""
        self._numbers.number = self._number(span.key)
        made = self._tracer.start_span(
            span.name, self._within(span.parent), attributes=span.attributes, start_time=self._moment(span.start)
        )
        for suspended, resumed in span.waits:
            made.add_event("suspended", timestamp=self._moment(suspended))
            made.add_event("resumed", timestamp=self._moment(resumed))
        if span.failed:
            made.set_status(StatusCode.ERROR)
        made.end(self._moment(span.end))

    def end(self) -> None:
        """Send the span of the run."""
        self._run.end()

    def _within(self, parent: Key) -> Any:
        """Return a context in which ``parent`` is the current span, which may not have been made yet."""
        if parent == PROGRAM:
            return set_span_in_context(self._run)
        run = self._run.get_span_context()
        context = SpanContext(run.trace_id, self._number(parent), False, run.trace_flags, run.trace_state)
        return set_span_in_context(NonRecordingSpan(context))

    def _number(self, key: Key) -> int:
        digest = blake2b(b"%d.%d" % key, digest_size=8, key=self._salt).digest()
        return int.from_bytes(digest, "big") or 1

    def _moment(self, microseconds: float) -> int:
        return self._begun + int(microseconds * 1e3)
