"""A look into a run, or at what SCOOP runs on."""
