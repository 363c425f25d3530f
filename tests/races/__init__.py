"""What several threads and processes could do to each other, and what maps promise: from outside, by what is seen."""
