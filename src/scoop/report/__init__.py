"""``scoop report FILE``: what a trace says of a run. All but reading the file and printing is pure."""
