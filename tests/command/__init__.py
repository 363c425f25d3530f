"""``python -m scoop``: a program runs as under plain python, and its options do what they say."""
