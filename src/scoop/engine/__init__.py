"""One process that runs tasks: what runs next, what is given away, who waits for what."""
