"""What people who used SCOOP ran into does not happen here."""
