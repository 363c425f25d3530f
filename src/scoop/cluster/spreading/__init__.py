"""Large messages that go to all machines: each machine that has a part passes it on to another one."""
