"""What type checkers say of a program that uses SCOOP."""
