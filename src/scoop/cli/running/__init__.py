"""A run of a program: from its options to its end, and what is told meanwhile."""
