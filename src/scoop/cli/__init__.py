"""The command line: its options, and the commands that start a run, join one, and show hosts."""
