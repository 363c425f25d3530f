"""From a command line to a running program: options, the program as ``__main__``, the processes around it."""
