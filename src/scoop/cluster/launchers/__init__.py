"""What starts processes on hosts, a file each: a pure parser of what it allots, a pure builder of its command."""
