"""What this process has to run or to give away: the ready table, the outbox, tasks that depend on others."""
