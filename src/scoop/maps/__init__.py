"""Maps, reductions and scans: many inputs, whose rows run here or are given away, and whose results come as asked."""
