"""One process a machine: it starts workers, passes messages between them, and knows where each task is."""
