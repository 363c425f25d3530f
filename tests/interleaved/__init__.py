"""Real code paths in real threads, of which one at a time runs, line by line, in an order that a seed decides."""
