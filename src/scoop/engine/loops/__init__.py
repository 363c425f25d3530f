"""asyncio: event loops whose coroutines await futures, and tasks that are coroutines."""
