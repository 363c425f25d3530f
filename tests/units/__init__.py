"""Parts of SCOOP by themselves: no process is started here."""
