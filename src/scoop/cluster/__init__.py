"""The machines of a run: the launcher finds them, starts an agent on each, and the agent becomes one of them."""
