"""The results of tasks: futures, their states and watchers, and futures as arguments and as results."""
