"""What connects the machines of a run."""
