"""What goes along with a function: changed globals, reloaded modules, paths; and what stands in its way."""
