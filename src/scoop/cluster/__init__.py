"""The link between the machines of a run."""
