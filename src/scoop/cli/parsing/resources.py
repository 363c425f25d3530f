"""What ``--resources`` says: how many of each a machine has."""

import argparse
import re

__all__ = ["read_amounts"]

_AMOUNT = re.compile(r"\s*([^\W\d]\w*)\s*=\s*(\d{1,4})\s*")


def read_amounts(text: str) -> list[tuple[str, int]]:
    """Return the names and amounts in a text such as ``gpu=2,licence=1``."""
    found = [_AMOUNT.fullmatch(word) for word in text.split(",")]
    amounts = [(each[1], int(each[2])) for each in found if each]
    if len(amounts) < len(found):
        raise argparse.ArgumentTypeError(f"{text!r} names no resources: write gpu=2, or gpu=2,licence=1")
    return amounts
