"""Runs on several hosts that are all this one, reached by what takes the place of ssh."""
