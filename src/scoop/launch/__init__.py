"""Ctrl-C in the program's own process."""
