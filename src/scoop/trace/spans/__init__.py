"""``--otel``: the records of a run as spans of OpenTelemetry."""
