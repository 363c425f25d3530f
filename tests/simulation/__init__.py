"""Many workers in one thread, under a clock of their own: the real scheduler and broker state, and no processes."""
