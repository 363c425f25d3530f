"""Random programs, compared with what they say when they are played serially."""
