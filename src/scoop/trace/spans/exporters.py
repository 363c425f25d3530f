"""The packages of OpenTelemetry that are installed, and what its variables ask for. None is loaded before its use."""

import os
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

from ...errors import ScoopError

__all__ = ["find_exporter", "new_provider", "provider_of_program"]

_GROUP = "opentelemetry_traces_exporter"
_VARIABLE = "OTEL_TRACES_EXPORTER"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def find_exporter() -> EntryPoint | None:
    """Return the exporter that OTEL_TRACES_EXPORTER names; None if it names none.

    Raises ScoopError if a package is missing.
    """
    if not _is_installed("opentelemetry.sdk.trace"):
        raise ScoopError(
            "--otel and otel=True need the package opentelemetry-sdk, which is not installed: "
            "pip install opentelemetry-sdk"
        )
    name = os.environ.get(_VARIABLE, "none").strip()
    if name in ("none", ""):
        return None
    for each in _installed_names(name):
        for found in entry_points(group=_GROUP, name=each):
            return found
    raise ScoopError(
        f"{_VARIABLE} names the exporter {name}, which no installed package has: install it, as "
        "opentelemetry-exporter-otlp-proto-http for otlp"
    )


def new_provider(exporter: EntryPoint) -> Any:
    """Return a tracer provider that sends by an exporter, in all else as the SDK's variables say."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter.load()()))
    return provider


def provider_of_program() -> Any:
    """Return the tracer provider of the SDK that the program has set; None if it has not."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import get_tracer_provider

    provider = get_tracer_provider()
    return provider if isinstance(provider, TracerProvider) else None


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def _installed_names(name: str) -> list[str]:
    """Return what packages may call an exporter: there is one of OTLP for each protocol."""
    if name != "otlp":
        return [name]
    protocols = [os.environ[each] for each in _PROTOCOLS if each in os.environ][:1] or ["http/protobuf", "grpc"]
    return [f"otlp_proto_{protocol.partition('/')[0]}" for protocol in protocols]
