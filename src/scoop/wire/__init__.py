"""What travels between processes: how messages are framed, and how objects become bytes."""
