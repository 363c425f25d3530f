"""The machines of a run: how they are found, allotted, and reached."""
