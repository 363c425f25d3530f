"""Plays the program in a file: ``python -m scoop -m fuzz.play FILE``, or serially without SCOOP."""

import faulthandler
import json
import signal
import sys
from functools import partial
from pathlib import Path

import scoop
from fuzz.player import play
from fuzz.ways import outcome

faulthandler.register(signal.SIGUSR2, all_threads=True)  # for those who want to know where all processes are


def main() -> None:
    """Play one step after another, and print what comes of each."""
    for step in json.loads(Path(sys.argv[1]).read_text("utf-8"))["steps"]:
        try:
            value = outcome(partial(play, step))
        except scoop.errors.WorkerLost:
            value = "lost"
        print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
