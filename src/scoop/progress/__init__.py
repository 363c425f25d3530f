"""How far loops and the run are: counted where they go on, and shown in the program's process."""
