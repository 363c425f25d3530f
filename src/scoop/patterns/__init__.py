"""Maps, reductions and scans: what is made of tasks, and knows nothing of where they run."""
