"""Between workers: steal requests, the inbox of tasks of other processes, results that go back."""
