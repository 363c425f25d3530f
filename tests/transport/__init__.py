"""What can travel to another worker and back, and what happens to what cannot."""
