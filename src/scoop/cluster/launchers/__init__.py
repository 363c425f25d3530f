"""Launchers, a file each, pure: a parser of the hosts that it allots, and a builder of the command that it runs."""
