"""Every row of the reference, in its order: one test for each, named after it."""
