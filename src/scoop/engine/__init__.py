"""One process that runs tasks: what runs next, how callers wait, what is given to other workers."""
