"""One machine of a run: the processors it may use, the program, and the processes that run there."""
