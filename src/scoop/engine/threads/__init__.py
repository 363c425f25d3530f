"""How a thread waits and what runs meanwhile: fibers, helper threads, the idle tracker, deadlocks."""
