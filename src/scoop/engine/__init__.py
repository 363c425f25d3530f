"""One process that runs tasks: its future objects, its scheduler, its link to the broker. README.md tells how."""
