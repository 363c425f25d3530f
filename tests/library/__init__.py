"""The functions of scoop.futures and scoop.shared: what they mean where the reference is silent, what they stand."""
