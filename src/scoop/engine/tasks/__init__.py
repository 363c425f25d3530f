"""One task: what is called, its place in the tree, its options and what it costs."""
