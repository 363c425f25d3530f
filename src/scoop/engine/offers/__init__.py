"""Tasks that this process runs or gives away: the ready table, the outbox, tasks that depend on others."""
