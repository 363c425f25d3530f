"""What becomes of a task: futures, their states and watchers, and futures as arguments and as results."""
