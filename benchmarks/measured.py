"""What a run of measure.py has found."""

import statistics
from dataclasses import dataclass, field
from typing import Any

Figures = dict[str, dict[str, list[float]]]


@dataclass
class Results:
    """All that a run has found: ``figures[row][peer]`` has a value for each round."""

    machine: dict[str, Any]
    figures: Figures = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, row: str, peer: str, value: float) -> None:
        """Note a figure."""
        self.figures.setdefault(row, {}).setdefault(peer, []).append(value)

    def median(self, row: str, peer: str) -> float | None:
        """Return the median of the rounds, if there are any."""
        values = self.figures.get(row, {}).get(peer)
        return statistics.median(values) if values else None
