"""Workers, the broker and the origin die, everywhere and in every way; what must hold all the same."""
