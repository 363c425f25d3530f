"""``--trace FILE``: an instrument in each worker, and the file in the program's process that all of them write to."""
