"""Maps, reductions and scans: many inputs, whose rows run here or are given to other workers."""
