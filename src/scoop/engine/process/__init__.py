"""The process that runs tasks: its way to the broker, signals, logging and what it knows of itself."""
