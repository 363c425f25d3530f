"""What ``--resources`` says: how many of each a machine has."""

import argparse

from ..engine.tasks.needs import checked_amounts

__all__ = ["read_amounts"]


def read_amounts(text: str) -> list[tuple[str, int]]:
    """Return the names and amounts in a text such as ``gpu=2,licence=1``."""
    try:
        pairs = [word.split("=") for word in text.split(",")]
        amounts = {name.strip(): int(amount) for name, amount in pairs}
        return [*checked_amounts(amounts).items()]
    except (ValueError, TypeError):
        raise argparse.ArgumentTypeError(f"{text!r} names no resources: write gpu=2, or gpu=2,licence=1") from None
