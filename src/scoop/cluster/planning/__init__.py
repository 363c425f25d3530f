"""Where workers are to be, and what each host is told: hosts, plans, invitations, job scripts."""
